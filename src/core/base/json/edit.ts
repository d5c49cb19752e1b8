/** Changes to raw JSON that leave the old value as it was: whatever a change does not touch keeps its identity. */
import { isList, isObject } from "./json.ts";
import type { Json, JsonObject } from "./json.ts";

/**
 * The object with the member at `path` replaced by what `change` makes of it. Maps on the way are made when they are
 * missing; `undefined` removes the member. The same object comes back when nothing changes.
 */
export function changedAt(
  object: JsonObject,
  path: readonly string[],
  change: (member: Json | undefined) => Json | undefined,
): JsonObject {
  const [key, ...rest] = path;
  if (key === undefined) return asObject(change(object)) ?? object;
  const before = Object.hasOwn(object, key) ? object[key] : undefined;
  const after = rest.length === 0 ? change(before) : changedBelow(before, rest, change);
  if (after === before) return object;
  return after === undefined ? without(object, (name) => name === key) : { ...object, [key]: after };
}

/** The object without the members whose key is chosen; itself when there is none. */
export function without(object: JsonObject, chosen: (key: string) => boolean): JsonObject {
  const entries = Object.entries(object);
  const kept = entries.filter(([key]) => !chosen(key));
  return kept.length === entries.length ? object : Object.fromEntries(kept);
}

/** The items of a list that are maps; none when it is no list. */
export const itemsOf = (list: Json | undefined): readonly JsonObject[] =>
  isList(list) ? list.filter((item) => isObject(item)) : [];

export const asObject = (value: Json | undefined): JsonObject | undefined => (isObject(value) ? value : undefined);

/** A missing map on the way is made only when there is something to put into it. */
function changedBelow(
  before: Json | undefined,
  path: readonly string[],
  change: (member: Json | undefined) => Json | undefined,
): Json | undefined {
  if (isObject(before)) return changedAt(before, path, change);
  const made = changedAt({}, path, change);
  return Object.keys(made).length === 0 ? before : made;
}
