/**
 * Typing mistakes in a values file: keys that neither weft nor Linkerd's chart knows, and values of another type. Helm
 * and Linkerd take both in silence.
 */
import { isList, isObject } from "../base/json/json.ts";
import type { Json, JsonObject } from "../base/json/json.ts";
import { textAt } from "../base/json/read.ts";
import { unexpected } from "../base/json/strict.ts";
import type { Issue } from "../base/text/issue.ts";
import { quoted } from "../base/text/quote.ts";
import { closest } from "../base/text/similar.ts";
import { chartKeys } from "../mesh/private-keys.ts";
import { chartValues } from "./chart-values.ts";
import type { ValueTree, ValueType } from "./chart-values.ts";
import { readWeftValues } from "./weft-values.ts";

/** All of a values file, in the order of the file; what is below `weft` last. */
export const valuesIssues = (values: JsonObject): readonly Issue[] => [
  ...chartIssues(values),
  ...keyAloneIssues(values),
  ...readWeftValues(values["weft"]).issues,
];

/** Of what is Linkerd's. Of an unknown map only its own key is told. */
export function chartIssues({ weft: _, ...values }: JsonObject): readonly Issue[] {
  const issues: Issue[] = [];
  below(values, chartValues, "", issues);
  return issues;
}

/** A key without its certificate would be passed over, and another CA made in its place. */
export const keyAloneIssues = (values: JsonObject): readonly Issue[] =>
  chartKeys.flatMap((path) => {
    const pair = path.slice(0, -1);
    const isThere = (name: string): boolean => textAt(values, ...pair, name) !== "";
    const message = "has no crtPEM beside it: a key is used with its certificate alone";
    return isThere("keyPEM") && !isThere("crtPEM") ? [{ at: path.join("."), message }] : [];
  });

/** How many keys are compared with all others: a values file of something else has thousands that nobody meant. */
const mostMeant = 20;

function below(values: JsonObject, tree: ValueTree, above: string, issues: Issue[]): void {
  for (const [key, value = null] of Object.entries(values)) {
    const path = above === "" ? key : `${above}.${key}`;
    const known = Object.hasOwn(tree, key) ? tree[key] : undefined;
    // Null takes a key away, also one that nobody knows.
    if (value === null) continue;
    if (known === undefined) issues.push(unknownKey(path, { key, tree, above, isCompared: issues.length < mostMeant }));
    else if (typeof known === "string") {
      if (!isOfType(known, value)) issues.push(unexpected(path, known, value));
    } else if (isObject(value)) below(value, known, path, issues);
    else issues.push(unexpected(path, "a map", value));
  }
}

const is: Readonly<Record<ValueType, (value: Json) => boolean>> = {
  text: (value) => typeof value === "string",
  "text or a number": (value) => typeof value === "string" || typeof value === "number",
  "true or false": (value) => typeof value === "boolean",
  "a number": (value) => typeof value === "number",
  "a map": (value) => isObject(value),
  "a list": (value) => isList(value),
};

export const isOfType = (type: ValueType, value: Json): boolean => is[type](value);

interface Unknown {
  readonly key: string;
  readonly tree: ValueTree;
  readonly above: string;
  readonly isCompared: boolean;
}

function unknownKey(path: string, { key, tree, above, isCompared }: Unknown): Issue {
  const beside = isCompared ? closest(key, Object.keys(tree)) : undefined;
  const meant = beside === undefined ? (isCompared ? closest(path, paths) : undefined) : joined(above, beside);
  const hint = meant === undefined ? "" : `; did you mean ${meant}?`;
  const place = /^[\w.-]+$/.test(path) ? path : quoted(path);
  return { at: path, message: `there is no value ${place} in Linkerd's chart${hint}` };
}

const joined = (above: string, key: string): string => (above === "" ? key : `${above}.${key}`);

const paths: readonly string[] = pathsIn(chartValues, "");

function pathsIn(tree: ValueTree, above: string): readonly string[] {
  return Object.entries(tree).flatMap(([key, member]) => {
    const path = joined(above, key);
    return typeof member === "string" ? [path] : [path, ...pathsIn(member, path)];
  });
}
