/** Where a value of an installation was given: what is wrong with it is told where it was typed. */
import { at } from "../base/json/read.ts";
import type { JsonObject } from "../base/json/json.ts";
import type { Issue } from "../base/text/issue.ts";

export interface GivenValues {
  readonly values: JsonObject;
  /** The flag that sets one value, such as `--failure-policy` or `--set weft.replicas`; or the file. */
  readonly origin: { readonly flag: string } | { readonly file: string };
}

/** The issue with the flag in place of the path, or the file before it; as it is where nobody gave that value. */
export function placed(issue: Issue, given: readonly GivenValues[]): Issue {
  const path = issue.at.split(".");
  const last = given.findLast(({ values }) => at(values, ...path) !== undefined);
  if (issue.at === "" || last === undefined) return issue;
  return { ...issue, at: "flag" in last.origin ? last.origin.flag : `${last.origin.file}: ${issue.at}` };
}

/** Arguments, not files or clusters, are what is wrong. */
export const isArgument = ({ at: place }: Issue): boolean => place.startsWith("--");
