/** Results of checks, as `linkerd check` prints them: for people, in short, and as JSON. */
import type { CategoryResult, Report, Result } from "../checks/run.ts";
import { oneLine } from "../base/text/quote.ts";
import type { Colours } from "../base/text/terminal.ts";
import { paint } from "../base/text/paint.ts";
import type { Paint } from "../base/text/paint.ts";

export const checkFormats = ["table", "short", "json"] as const;
export type CheckFormat = (typeof checkFormats)[number];

/** With a newline at the end. */
export function checksText(report: Report, format: CheckFormat, colours: Colours): string {
  if (format === "json") return `${JSON.stringify(asJson(report), undefined, 2)}\n`;
  return report.categories.map((each) => categoryText(each, format, colours)).join("") + statusText(report, colours);
}

/** For people: a category by itself, with an empty line behind it; nothing where nothing is to be told of it. */
export function categoryText({ name, results }: CategoryResult, format: PeopleFormat, colours: Colours): string {
  const shown = format === "short" ? results.filter(({ result }) => result !== "success") : results;
  if (shown.length === 0) return "";
  const painted = paint(colours);
  return textOf([name, "-".repeat(name.length), ...shown.flatMap((result) => resultLines(result, painted)), ""]);
}

/** What it comes to, below the categories. */
export function statusText({ success }: Report, colours: Colours): string {
  const { green, red } = paint(colours);
  return textOf([`Status check results are ${success ? green("√") : red("×")}`]);
}

/** A format that is read as it is written. */
export type PeopleFormat = Exclude<CheckFormat, "json">;

const textOf = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join("");

const resultLines = ({ description, result, lines, hint }: Result, colours: Paint): readonly string[] => [
  `${mark(result, colours)} ${oneLine(description)}`,
  ...[...lines, ...(hint === "" ? [] : [hint])].map((line) => `    ${oneLine(line)}`),
];

function mark(result: Result["result"], { green, yellow, red }: Paint): string {
  switch (result) {
    case "success":
      return green("√");
    case "warning":
      return yellow("‼");
    case "error":
      return red("×");
  }
}

/** Linkerd's form: programs that read `linkerd check -o json` read this. */
const asJson = ({ success, categories }: Report) => ({
  success,
  categories: categories.map(({ name, results }) => ({
    categoryName: name,
    checks: results.map(({ description, hint, lines, result }) => ({
      description,
      ...(hint === "" ? {} : { hint }),
      ...(lines.length === 0 ? {} : { error: lines.join("\n") }),
      result,
    })),
  })),
});
