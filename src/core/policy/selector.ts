/** Label selectors (meta/v1, LabelSelector) as they stand in a spec. */
import { isList, isObject } from "../base/json/json.ts";
import type { Json, Labels } from "../base/json/json.ts";
import { perObject } from "../base/memory/memo.ts";
import { quoted } from "../base/text/quote.ts";
import type { Reading } from "./reading.ts";
import { isText, readAll, readable, unknownKeys, unreadable } from "./reading.ts";

export interface Selector {
  readonly takes: (labels: Labels) => boolean;
  /** What has to hold of labels, each of it as one text. Equal selectors have equal ones. */
  readonly requirements: readonly string[];
  /** Labels that there must be, each with one of some values: by one of them what is selected can be found. */
  readonly wants: readonly WantedLabel[];
}

export interface WantedLabel {
  readonly key: string;
  /** Each once; undefined: any. */
  readonly values: readonly string[] | undefined;
}

/** A selector that cannot be read selects nothing: what it would have allowed stays refused. `{}` selects all. */
export function labelSelector(value: Json | undefined, at: string): Reading<Selector> {
  if (!isObject(value)) return unreadable(nothing, at, "must be a selector: matchLabels, matchExpressions");
  const { matchLabels = {}, matchExpressions = [] } = value;
  const byLabels = isObject(matchLabels)
    ? readAll(Object.entries(matchLabels).map(([key, text]) => labelIs(key, text, `${at}.matchLabels[${quoted(key)}]`)))
    : unreadable([never], `${at}.matchLabels`, "must be an object");
  const byExpressions = isList(matchExpressions)
    ? readAll(matchExpressions.map((each, index) => expression(each, `${at}.matchExpressions[${index}]`)))
    : unreadable([never], `${at}.matchExpressions`, "must be a list");
  const unknown = unknownKeys(value, ["matchLabels", "matchExpressions"], at);
  return {
    value: selectorOf([...byLabels.value, ...byExpressions.value, ...(unknown.length > 0 ? [never] : [])]),
    issues: [...byLabels.issues, ...byExpressions.issues, ...unknown],
  };
}

/** Labels and expressions of a selector that was not read yet. */
export function requirementsIn(value: Json | undefined): number {
  const { matchLabels, matchExpressions } = isObject(value) ? value : {};
  const labels = isObject(matchLabels) ? Object.keys(matchLabels).length : 0;
  return labels + (isList(matchExpressions) ? matchExpressions.length : 0);
}

/** A key may be one that every object inherits, such as `constructor`. */
const labelOf = (labels: Labels, key: string): string | undefined =>
  Object.hasOwn(labels, key) ? labels[key] : undefined;

interface Requirement {
  readonly holds: (labels: Labels) => boolean;
  readonly text: string;
  readonly wants?: WantedLabel;
}

const never: Requirement = { holds: () => false, text: "never", wants: { key: "", values: [] } };

const selectorOf = (all: readonly Requirement[]): Selector => ({
  takes: (labels) => all.every(({ holds }) => holds(labels)),
  requirements: all.map(({ text }) => text),
  wants: all.flatMap(({ wants }) => wants ?? []),
});

/** Selects no pod. */
export const nothing: Selector = selectorOf([never]);
export const everything: Selector = selectorOf([]);

const labelIs = (key: string, text: Json | undefined, at: string): Reading<Requirement> =>
  isText(text) ? readable(equals(key, text)) : unreadable(never, at, "must be a text");

const equals = (key: string, text: string): Requirement => ({
  holds: (labels) => labelOf(labels, key) === text,
  text: JSON.stringify([key, text]),
  wants: { key, values: [text] },
});

/** The selector of a Service; an empty one takes no pod. */
export const selectorOfService = perObject((selector: Labels): Selector => {
  const wanted = Object.entries(selector);
  return wanted.length === 0 ? nothing : selectorOf(wanted.map(([key, text]) => equals(key, text)));
});

function expression(value: Json, at: string): Reading<Requirement> {
  const { key, operator, values = [] } = isObject(value) ? value : {};
  // A mistyped key that is passed over would leave another expression than was meant.
  const unknown = isObject(value) ? unknownKeys(value, ["key", "operator", "values"], at) : [];
  const operation = isText(operator) ? operations.get(operator) : undefined;
  if (!isText(key) || key === "" || operation === undefined || !isList(values) || !values.every(isText)) {
    const message = "must have key, operator (In, NotIn, Exists, DoesNotExist) and values, texts";
    return { value: never, issues: [{ at, message }, ...unknown] };
  }
  if (unknown.length > 0) return { value: never, issues: unknown };
  const wanted = new Set(values);
  const text = JSON.stringify([key, operator, values]);
  const wants = operator === "In" ? { key, values: [...wanted] } : { key, values: undefined };
  const isWanted = operator === "In" || operator === "Exists";
  return readable({
    holds: (labels) => operation(labelOf(labels, key), wanted),
    text,
    ...(isWanted && { wants }),
  });
}

// As the API server has them: NotIn takes objects without the label, too.
const operations: ReadonlyMap<string, (label: string | undefined, values: ReadonlySet<string>) => boolean> = new Map([
  ["In", (label, values) => label !== undefined && values.has(label)],
  ["NotIn", (label, values) => label === undefined || !values.has(label)],
  ["Exists", (label) => label !== undefined],
  ["DoesNotExist", (label) => label === undefined],
]);
