/** Facts → results: the rows are read from top to bottom, and what rests on a failed one is left out, as in Linkerd. */
import { oneLine } from "../base/text/quote.ts";
import type { Category, Check, Outcome } from "./check.ts";

export interface Report {
  /** Nothing failed; there may be warnings. */
  readonly success: boolean;
  readonly categories: readonly CategoryResult[];
}

export interface CategoryResult {
  readonly name: string;
  readonly results: readonly Result[];
}

export interface Result {
  readonly description: string;
  readonly result: "success" | "warning" | "error";
  /** What was found, a line each; empty for a success. */
  readonly lines: readonly string[];
  /** Where to read on, or what to run. Empty for a success. */
  readonly hint: string;
}

/** Where to read on about a check, by its id; one phrase. */
export type PageOf = (id: string) => string;

export function checked<Facts>(categories: readonly Category<Facts>[], facts: Facts, pageOf: PageOf): Report {
  const run = new CheckRun<Facts>(pageOf);
  return reportOf(categories.map((category) => run.category(category, facts)));
}

/** One run through the categories, in their order: what rests on a failed check is left out, in later ones, too. */
export class CheckRun<Facts> {
  readonly #sofar: SoFar;

  constructor(pageOf: PageOf) {
    this.#sofar = { standing: new Set(), unread: new Set(), pageOf };
  }

  category({ name, checks }: Category<Facts>, facts: Facts): CategoryResult {
    return { name, results: checks.flatMap((check) => resultOf(check, facts, this.#sofar)) };
  }
}

export const reportOf = (results: readonly CategoryResult[]): Report => ({
  success: results.every((category) => category.results.every(({ result }) => result !== "error")),
  categories: results.filter((category) => category.results.length > 0),
});

interface SoFar {
  /** Ids of checks that others may rest on. */
  readonly standing: Set<string>;
  /** What could not be read was told in these lines. */
  readonly unread: Set<string>;
  readonly pageOf: PageOf;
}

/** None when it was left out, or has nothing to tell that was not told before. */
function resultOf<Facts>(check: Check<Facts>, facts: Facts, { standing, unread, pageOf }: SoFar): readonly Result[] {
  if (!check.needs.every((id) => standing.has(id))) return [];
  const outcome = check.look(facts);
  if (outcome.kind !== "failure") standing.add(check.id);
  if (outcome.kind === "skipped") return [];
  if ("lines" in outcome && outcome.isUnread === true) {
    if (outcome.lines.every((line) => unread.has(line))) return [];
    for (const line of outcome.lines) unread.add(line);
  }
  const { id, says } = check;
  if (outcome.kind === "ok") {
    const description = outcome.found === undefined ? says : `${says}: ${outcome.found}`;
    return [{ description, result: "success", lines: [], hint: "" }];
  }
  const result = outcome.kind === "warning" ? "warning" : "error";
  return [{ description: says, result, lines: outcome.lines.map(oneLine), hint: hintOf(pageOf(id), outcome) }];
}

const hintOf = (where: string, outcome: Outcome): string => {
  const page = `see ${where}`;
  return "run" in outcome && outcome.run !== undefined ? `run ${outcome.run}; ${page}` : page;
};
