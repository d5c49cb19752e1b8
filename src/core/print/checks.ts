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
  switch (format) {
    case "json":
      return `${JSON.stringify(asJson(report), undefined, 2)}\n`;
    case "short":
      return tableText(report, failing(report.categories), paint(colours));
    case "table":
      return tableText(report, report.categories, paint(colours));
  }
}

/** What is not as it should be. */
const failing = (categories: readonly CategoryResult[]): readonly CategoryResult[] =>
  categories
    .map(({ name, results }) => ({ name, results: results.filter(({ result }) => result !== "success") }))
    .filter(({ results }) => results.length > 0);

function tableText({ success }: Report, categories: readonly CategoryResult[], colours: Paint): string {
  const lines = categories.flatMap(({ name, results }) => [
    name,
    "-".repeat(name.length),
    ...results.flatMap((result) => resultLines(result, colours)),
    "",
  ]);
  const status = `Status check results are ${success ? colours.green("√") : colours.red("×")}`;
  return [...lines, status].map((line) => `${line}\n`).join("");
}

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
