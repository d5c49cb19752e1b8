/**
 * JSON Patch (RFC 6902) between a value and the one that was made from it. What both share by reference is untouched;
 * so unknown fields survive, and a patch applies by construction to what it was made from. Our own, as libraries compare
 * lists place by place: what is put first would rewrite all that is behind it.
 */
import { isList, isObject } from "../base/json/json.ts";
import type { Json, JsonObject } from "../base/json/json.ts";
import { pointer, pointerKeys, unescaped } from "../base/json/pointer.ts";
import type { Operation, Patch } from "./outcome/injection.ts";

/** Operations that turn `before` into `after`, in an order in which each applies. */
export function patchBetween(before: JsonObject, after: JsonObject): Patch {
  const operations: Operation[] = [];
  objectPatch(before, after, "", operations);
  return operations;
}

function objectPatch(before: JsonObject, after: JsonObject, at: string, into: Operation[]): void {
  for (const key of Object.keys(before)) {
    if (before[key] !== undefined && ownMember(after, key) === undefined) {
      into.push({ op: "remove", path: at + pointer(key) });
    }
  }
  for (const key of Object.keys(after)) {
    const value = after[key];
    // Most members are untouched, and the same.
    if (value === undefined || value === before[key]) continue;
    const had = ownMember(before, key);
    if (had === undefined) into.push({ op: "add", path: at + pointer(key), value });
    else valuePatch(had, value, at + pointer(key), into);
  }
}

/** A key may be one that every object inherits, such as `toString`. */
const ownMember = (object: JsonObject, key: string): Json | undefined => {
  const value = object[key];
  return value === undefined || Object.hasOwn(object, key) ? value : undefined;
};

function valuePatch(before: Json, after: Json, at: string, into: Operation[]): void {
  if (isObject(before) && isObject(after)) objectPatch(before, after, at, into);
  else if (isList(before) && isList(after)) listPatch(before, after, at, into);
  else into.push({ op: "replace", path: at, value: after });
}

/**
 * Lists grow by insertion, or keep their length. An index-wise comparison would rewrite every item behind an
 * insertion (fast-json-patch: 22 operations for one prepended container).
 */
function listPatch(before: readonly Json[], after: readonly Json[], at: string, into: Operation[]): void {
  if (before.length === after.length) {
    for (const [index, item] of after.entries()) {
      const had = before[index];
      if (had !== item && had !== undefined) valuePatch(had, item, at + pointer(index), into);
    }
    return;
  }
  const insertions: Operation[] = [];
  let kept = 0;
  for (const [index, item] of after.entries()) {
    if (kept < before.length && item === before[kept]) kept += 1;
    else insertions.push({ op: "add", path: at + pointer(index), value: item });
  }
  if (kept === before.length) into.push(...insertions);
  else into.push({ op: "replace", path: at, value: after });
}

/**
 * Would this patch apply to this object? True by construction for what `patchBetween` gives; asked again before a
 * patch is sent, since one that does not apply blocks the pod even under `failurePolicy: Ignore`.
 * Takes a patch whose operations do not reach into what earlier ones added.
 */
export function applies(patch: Patch, object: JsonObject): boolean {
  const inserted = new Map<unknown, number>();
  const parentAt = parents(object);
  return patch.every(({ op, path }) => {
    const slash = path.lastIndexOf("/");
    if (slash === -1) return false;
    const parent = parentAt(path, slash);
    if (isObject(parent)) return op === "add" || Object.hasOwn(parent, unescaped(path.slice(slash + 1)));
    if (!isList(parent)) return false;
    const index = Number(path.slice(slash + 1));
    const more = inserted.get(parent) ?? 0;
    const length = parent.length + more;
    if (op === "add") inserted.set(parent, more + 1);
    return index < length || (op === "add" && index === length);
  });
}

/** What stands at the first `length` characters of a path. Neighbouring operations mostly have the same parent: the last one is remembered. */
function parents(object: JsonObject): (path: string, length: number) => Json | undefined {
  let lastPath = "";
  let last: Json | undefined = object;
  return (path, length) => {
    if (lastPath.length !== length || !path.startsWith(lastPath)) {
      lastPath = path.slice(0, length);
      last = memberAt(object, pointerKeys(lastPath) ?? []);
    }
    return last;
  };
}

function memberAt(object: JsonObject, path: readonly string[]): Json | undefined {
  let at: Json | undefined = object;
  for (const key of path) {
    if (isList(at)) at = at[Number(key)];
    else if (isObject(at) && Object.hasOwn(at, key)) at = at[key];
    else return undefined;
  }
  return at;
}
