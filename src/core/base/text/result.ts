/** What came of reading something: its value, or everything that is wrong with it. */
import type { Issue } from "./issue.ts";

export type Result<Value, Problem extends Failed = Failed> = { readonly value: Value } | Problem;

export interface Failed {
  readonly issues: readonly Issue[];
}

/** What may be wrong for a time only. */
export interface Broken extends Failed {
  /** Milliseconds since 1970: the same texts may be used then. */
  readonly goodFrom?: number;
}

export const failed = (at: string, message: string): Failed => ({ issues: [{ at, message }] });

/** None of what has a value, or was not read at all. */
export const issuesOf = (outcome: Failed | object | undefined): readonly Issue[] =>
  outcome !== undefined && "issues" in outcome ? outcome.issues : [];

export const mapResult = <Value, Other>(result: Result<Value>, change: (value: Value) => Other): Result<Other> =>
  "issues" in result ? result : { value: change(result.value) };

/** The values of all, or the issues of all. */
export function allOf<Results extends readonly Result<unknown>[] | []>(
  results: Results,
): Result<{ readonly [Place in keyof Results]: ValueOf<Results[Place]> }> {
  const issues = results.flatMap(issuesOf);
  if (results.some((result) => "issues" in result)) return { issues };
  // Each value comes from the result of its place: the list is typed by construction.
  const values: unknown = results.map((result) => ("value" in result ? result.value : undefined));
  return { value: values as { readonly [Place in keyof Results]: ValueOf<Results[Place]> } };
}

type ValueOf<One> = One extends { readonly value: infer Value } ? Value : never;
