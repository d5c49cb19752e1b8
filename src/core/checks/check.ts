/**
 * One check: a row of a table that says what should hold, and how the facts are looked at. Rows are pure; what is not
 * known is an outcome like any other.
 */
import type { Fact, Unknown } from "./fact.ts";

export type Outcome =
  /** `found`: what there is to know of it, told behind what holds. */
  | { readonly kind: "ok"; readonly found?: string }
  /** There is nothing to check here, such as the order of two when there is only one. */
  | { readonly kind: "skipped" }
  /** A doubt lets the whole pass, a failure does not. */
  | Told;

interface Told {
  readonly kind: "warning" | "failure";
  readonly lines: readonly string[];
  readonly run?: string;
  /** All that is told is what could not be read: once is enough. */
  readonly isUnread?: true;
}

export interface Check<Facts> {
  /** Also the anchor in docs/check.md. */
  readonly id: string;
  /** What should hold. */
  readonly says: string;
  /** Ids of checks without which this one means nothing: it is left out when one of them failed or was left out. */
  readonly needs: readonly string[];
  /** For docs/check.md: why it matters and what to do. */
  readonly about: string;
  readonly look: (facts: Facts) => Outcome;
}

export interface Category<Facts> {
  readonly name: string;
  readonly checks: readonly Check<Facts>[];
}

/** With the names of the facts that its rows look at. */
export interface ReadingCategory<Facts> extends Category<Facts> {
  readonly reads: readonly (keyof Facts)[];
}

export const ok: Outcome = { kind: "ok" };
export const skipped: Outcome = { kind: "skipped" };
export const warning = (lines: readonly string[], run?: string): Told => told("warning", lines, run);
export const failure = (lines: readonly string[], run?: string): Told => told("failure", lines, run);

const told = (kind: "warning" | "failure", lines: readonly string[], run: string | undefined): Told => ({
  kind,
  lines,
  ...(run === undefined ? {} : { run }),
});

/** Holds without lines, else the lines are a doubt; or a failure. */
export const warningIf = (lines: readonly string[], run?: string): Outcome =>
  lines.length === 0 ? ok : warning(lines, run);
export const failureIf = (lines: readonly string[], run?: string): Outcome =>
  lines.length === 0 ? ok : failure(lines, run);

/** The worst of several, with the lines of all that are as bad; nothing to check when that goes for each. */
export function worst(outcomes: readonly Outcome[]): Outcome {
  const told = outcomes.filter((outcome) => "lines" in outcome);
  const worstKind = told.some(({ kind }) => kind === "failure") ? "failure" : "warning";
  if (told.length === 0) return outcomes.some(({ kind }) => kind === "ok") ? ok : skipped;
  const lines = told.toSorted((a, b) => rank(a) - rank(b)).flatMap((outcome) => outcome.lines);
  return { kind: worstKind, lines, ...runOf(told), ...unreadIf(told.every(({ isUnread }) => isUnread === true)) };
}

/** Something is not as it should be, and this command puts it right; what could not be read, none does. */
export const mending = (outcome: Outcome, run: string): Outcome =>
  "lines" in outcome && outcome.isUnread !== true ? { ...outcome, run } : outcome;

const rank = ({ kind }: Outcome): number => (kind === "failure" ? 0 : 1);

function runOf(outcomes: readonly { readonly run?: string }[]): { readonly run?: string } {
  const run = outcomes.find((outcome) => outcome.run !== undefined)?.run;
  return run === undefined ? {} : { run };
}

/** Looks at what a fact says, or tells that it could not be had. */
export const given = <Value>(fact: Fact<Value>, look: (value: Value) => Outcome): Outcome =>
  fact.kind === "known" ? look(fact.value) : unread(fact);

/** What was not allowed to be read proves nothing; what is not there, or did not come, is a failure. */
export const unread = (fact: Unknown): Outcome => ({ ...unreadOutcome(fact), ...unreadIf(fact.kind !== "absent") });

const unreadIf = (isUnread: boolean): { readonly isUnread?: true } => (isUnread ? { isUnread } : {});

function unreadOutcome(fact: Unknown): Told {
  switch (fact.kind) {
    case "forbidden":
      return warning([`not checked, since ${fact.what} could not be read: ${fact.text}`]);
    case "absent":
      return failure([`${fact.what} is not there`]);
    case "silent":
      return failure([`no answer about ${fact.what}: ${fact.text}`]);
    case "refused":
      return failure([`${fact.what} could not be read: ${fact.text}`]);
  }
}
