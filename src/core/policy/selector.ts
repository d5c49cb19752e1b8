/** Label selectors (meta/v1, LabelSelector) as they stand in a spec. */
import { isList, isObject } from "../mesh/api.ts";
import type { Json, Labels } from "../mesh/api.ts";
import { quoted } from "../mesh/quote.ts";
import type { Reading } from "./reading.ts";
import { isText, readAll, unknownKeys, unreadable } from "./reading.ts";

export type Selector = (labels: Labels) => boolean;

/** A selector that cannot be read selects nothing: what it would have allowed stays refused. `{}` selects all. */
export function labelSelector(value: Json | undefined, at: string): Reading<Selector> {
  if (!isObject(value)) return unreadable(nothing, at, "must be a selector: matchLabels, matchExpressions");
  const { matchLabels = {}, matchExpressions = [] } = value;
  const byLabels = isObject(matchLabels)
    ? readAll(Object.entries(matchLabels).map(([key, text]) => labelIs(key, text, `${at}.matchLabels[${quoted(key)}]`)))
    : unreadable([nothing], `${at}.matchLabels`, "must be an object");
  const byExpressions = isList(matchExpressions)
    ? readAll(matchExpressions.map((each, index) => expression(each, `${at}.matchExpressions[${index}]`)))
    : unreadable([nothing], `${at}.matchExpressions`, "must be a list");
  const unknown = unknownKeys(value, ["matchLabels", "matchExpressions"], at);
  const all = [...byLabels.value, ...byExpressions.value, ...(unknown.length > 0 ? [nothing] : [])];
  return {
    value: (labels) => all.every((selects) => selects(labels)),
    issues: [...byLabels.issues, ...byExpressions.issues, ...unknown],
  };
}

/** Whether a Service's selector takes a pod; an empty one takes none. */
export const selectsPod = (selector: Labels, labels: Labels): boolean => {
  const wanted = Object.entries(selector);
  return wanted.length > 0 && wanted.every(([key, text]) => labels[key] === text);
};

const nothing: Selector = () => false;

const labelIs = (key: string, text: Json | undefined, at: string): Reading<Selector> =>
  isText(text) ? { value: (labels) => labels[key] === text, issues: [] } : unreadable(nothing, at, "must be a text");

function expression(value: Json, at: string): Reading<Selector> {
  const { key, operator, values = [] } = isObject(value) ? value : {};
  const operation = isText(operator) ? operations.get(operator) : undefined;
  if (!isText(key) || key === "" || operation === undefined || !isList(values) || !values.every(isText)) {
    return unreadable(nothing, at, "must have key, operator (In, NotIn, Exists, DoesNotExist) and values, texts");
  }
  return { value: (labels) => operation(labels[key], values), issues: [] };
}

// As the API server has them: NotIn takes objects without the label, too.
const operations: ReadonlyMap<string, (label: string | undefined, values: readonly string[]) => boolean> = new Map([
  ["In", (label, values) => label !== undefined && values.includes(label)],
  ["NotIn", (label, values) => label === undefined || !values.includes(label)],
  ["Exists", (label) => label !== undefined],
  ["DoesNotExist", (label) => label === undefined],
]);
