/** Where a value of an installation was given: what is wrong with it is told where it was typed. */
import { isList, isObject } from "../base/json/json.ts";
import type { Json, JsonObject } from "../base/json/json.ts";
import type { Issue } from "../base/text/issue.ts";

export interface GivenValues {
  readonly values: JsonObject;
  /** The flag that sets one value, such as `--failure-policy` or `--set weft.replicas`; or the file. */
  readonly origin: { readonly flag: string } | { readonly file: string };
}

/** The issue with the flag in place of the path, or the file before it; as it is where nobody gave that value. */
export function placed(issue: Issue, given: readonly GivenValues[]): Issue {
  const path = issue.at.split(".");
  const last = given.findLast(({ values }) => has(values, path));
  return issue.at === "" || last === undefined ? issue : placedAt(issue, last);
}

export const placedAt = ({ at, message }: Issue, { origin }: GivenValues): Issue => ({
  at: "flag" in origin ? origin.flag : `${origin.file}: ${at}`,
  message,
});

/** Whether something is at a path, which may lead through lists and keys with dots. */
function has(value: Json, path: readonly string[]): boolean {
  const [key, ...rest] = path;
  if (key === undefined) return true;
  if (isList(value)) return Object.hasOwn(value, key) && has(value[Number(key)] ?? null, rest);
  if (!isObject(value)) return false;
  if (Object.hasOwn(value, key)) return has(value[key] ?? null, rest);
  const [next, ...after] = rest;
  return next !== undefined && has(value, [`${key}.${next}`, ...after]);
}

/** Arguments, not files or clusters, are what is wrong. */
export const isArgument = ({ at: place }: Issue): boolean => place.startsWith("--");
