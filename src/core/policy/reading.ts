/** Reading specs that may hold any JSON: there always is a value, the more restrictive one where something is wrong. */
import { isList } from "../base/json/json.ts";
import type { Json, JsonObject } from "../base/json/json.ts";
import { isPort } from "../base/scalars/ports.ts";
import type { Issue } from "../base/text/issue.ts";
import { quoted } from "../base/text/quote.ts";
import { closest } from "../base/text/similar.ts";
import type { ClusterView } from "../view/cluster.ts";

export interface Reading<Value> {
  readonly value: Value;
  /** Places are paths in the object, such as `spec.ingress[0].ports`. */
  readonly issues: readonly Issue[];
}

export const readable = <Value>(value: Value): Reading<Value> => ({ value, issues: [] });

export const unreadable = <Value>(value: Value, at: string, message: string): Reading<Value> => ({
  value,
  issues: [{ at, message }],
});

export const readAll = <Value>(readings: readonly Reading<Value>[]): Reading<readonly Value[]> => ({
  value: readings.map(({ value }) => value),
  issues: readings.flatMap(({ issues }) => issues),
});

/** Objects before something is made of all of them. What is read is remembered, so this may be put off in between. */
export function readEach<Item>(
  view: Pick<ClusterView, "rest">,
  items: readonly Item[],
  read: (item: Item) => unknown,
): void {
  for (const item of items) {
    read(item);
    view.rest();
  }
}

/** A list that may be absent, each element with its place. */
export function readList<Value>(
  list: Json | undefined,
  at: string,
  read: (element: Json, at: string) => Reading<Value>,
): Reading<readonly Value[]> {
  if (list === undefined || list === null) return readable([]);
  if (!isList(list)) return unreadable([], at, "must be a list");
  const value: Value[] = [];
  const issues: Issue[] = [];
  for (const [index, element] of list.entries()) {
    const one = read(element, `${at}[${index}]`);
    value.push(one.value);
    for (const issue of one.issues) issues.push(issue);
  }
  return { value, issues };
}

/** Elements of a list in a spec, where nothing else is said. */
export const mostEntries = 1_000;

/** The same of a list that may have so many elements: of a longer one none is read. */
export function readListWithin<Value>(
  list: Json | undefined,
  at: string,
  read: (element: Json, at: string) => Reading<Value>,
  most: number = mostEntries,
): Reading<readonly Value[]> {
  const over = isList(list) ? excessIssue(list.length, most, at, "elements") : undefined;
  return over === undefined ? readList(list, at, read) : { value: [], issues: [over] };
}

/** Undefined: it is within the bound. */
export const excessIssue = (count: number, most: number, at: string, what: string): Issue | undefined =>
  count > most ? { at, message: `has more than ${most} ${what}` } : undefined;

export const isText = (value: Json | undefined): value is string => typeof value === "string";

export const isPortNumber = (value: Json | undefined): value is number => typeof value === "number" && isPort(value);

/** Of an object: anything else, such as `*`, could mean more than one in an identity. */
export const isName = (value: Json | undefined): value is string =>
  isText(value) && /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(value);

/** So many are told: one is enough to close what they stand in. */
const mostUnknown = 10;

/** A key that nobody reads. */
export interface UnknownKey extends Issue {
  readonly isUnknownKey: true;
}

/** A mistyped key that is passed over would leave its object open: a `matchLabel` selects every pod, a `form` no peer. */
export const unknownKeys = (object: JsonObject, known: readonly string[], at: string): readonly UnknownKey[] =>
  Object.keys(object)
    .filter((key) => !known.includes(key))
    .slice(0, mostUnknown)
    .map((key) => ({
      isUnknownKey: true,
      // Put into words where they are told: a spec may have a quarter of a million of them.
      get at() {
        return `${at}[${quoted(key)}]`;
      },
      get message() {
        const meant = closest(key, known);
        const hint = meant === undefined ? "" : ` (did you mean ${meant}?)`;
        return `is unknown${hint}: expected ${known.join(", ")}`;
      },
    }));
