/** Flags of commands that serve, one row each: a flag wins over its environment variable, that over the usual value. */
import { dnsLabel } from "../core/base/scalars/dns-label.ts";
import { parseDuration, wholeMilliseconds } from "../core/base/scalars/duration.ts";
import type { Issue } from "../core/base/text/issue.ts";
import type { Result } from "../core/base/text/result.ts";

/** A flag as `--help` shows it. */
export interface Flag {
  /** With its dashes. */
  readonly name: string;
  /** What stands for its value. */
  readonly value: string;
  readonly environment: string;
  /** The value without the flag; empty when there is none. */
  readonly defaultValue: string;
  readonly help: string;
  /** What a value has to be, after "is not"; absent where any text will do. */
  readonly expects?: string;
  /** May be given several times; in the environment separated by colons, as in PATH. */
  readonly repeatable?: true;
}

export interface Row<Value> extends Flag {
  /** What a value has to be, after "is not". */
  readonly expects: string;
  readonly parse: (text: string) => Value | undefined;
}

export type Rows = Readonly<Record<string, Row<unknown>>>;
/** Flags that may be given several times. */
export type Lists = Readonly<Record<string, Flag>>;

type ValueOf<One extends Row<unknown>> = Exclude<ReturnType<One["parse"]>, undefined>;

/** What a command works with; a flag without a usual value is undefined when it was not given. */
export type OptionsOf<TheRows extends Rows, TheLists extends Lists> = {
  readonly [Name in keyof TheRows]:
    ValueOf<TheRows[Name]> | (TheRows[Name]["defaultValue"] extends "" ? undefined : never);
} & { readonly [Name in keyof TheLists]: readonly string[] };

/** Flags as commander gives them: by their names in camel case. */
export type Given = Readonly<Record<string, string | readonly string[] | undefined>>;
export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads what was given, or says everything that is wrong with it, each with its flag or variable. */
export function readFlags<TheRows extends Rows, TheLists extends Lists>(
  rows: TheRows,
  lists: TheLists,
  given: Given,
  environment: Environment,
): Result<OptionsOf<TheRows, TheLists>> {
  const issues: Issue[] = [];
  const entries = Object.entries<Row<unknown>>(rows).map(([name, row]) => {
    const { at, text } = textOf(row, given[name], environment);
    const value = text === "" ? undefined : row.parse(text);
    if (text !== "" && value === undefined)
      issues.push({ at, message: `${JSON.stringify(text)} is not ${row.expects}` });
    return [name, value];
  });
  if (issues.length > 0) return { issues };
  const several = Object.entries<Flag>(lists).map(([name, flag]) => [name, listOf(flag, given[name], environment)]);
  // Each entry was made by the row of its name: the record is complete and typed by construction.
  return { value: Object.fromEntries([...entries, ...several]) as OptionsOf<TheRows, TheLists> };
}

// Empty counts as absent: manifests often set a variable to nothing.
const textOf = (
  { name, environment: variable, defaultValue }: Flag,
  flag: Given[string],
  environment: Environment,
): { readonly at: string; readonly text: string } => {
  if (typeof flag === "string" && flag !== "") return { at: name, text: flag };
  return { at: variable, text: environment[variable] || defaultValue };
};

const listOf = ({ environment: variable }: Flag, flag: Given[string], environment: Environment): readonly string[] => {
  const items = typeof flag === "string" ? [flag] : (flag ?? (environment[variable] ?? "").split(":"));
  return items.filter((item) => item !== "");
};

/** A name of an object, as most kinds have it. */
export const rfc1123Label = (text: string): string | undefined => (dnsLabel.test(text) ? text : undefined);
export const rfc1123Subdomain = (text: string): string | undefined =>
  text.length <= 253 && text.split(".").every((label) => rfc1123Label(label) !== undefined) ? text : undefined;

/** A duration from 0 to so many milliseconds. */
export function millisecondsUpTo(most: number, text: string): number | undefined {
  const duration = parseDuration(text);
  const milliseconds = duration === undefined ? -1 : Number(wholeMilliseconds(duration));
  return milliseconds >= 0 && milliseconds <= most ? milliseconds : undefined;
}
