/**
 * JSON Patch (RFC 6902) between a value and the one that was made from it. What both share by reference is untouched;
 * so unknown fields survive, and a patch applies by construction to what it was made from.
 */
import { isList, isObject } from "../mesh/api.ts";
import type { Json, JsonObject } from "../mesh/api.ts";
import { pointer } from "../mesh/pointer.ts";
import type { Operation, Patch } from "./injection.ts";

/** Operations that turn `before` into `after`, in an order in which each applies. */
export function patchBetween(before: JsonObject, after: JsonObject): Patch {
  const operations: Operation[] = [];
  objectPatch(before, after, "", operations);
  return operations;
}

function objectPatch(before: JsonObject, after: JsonObject, at: string, into: Operation[]): void {
  for (const key of Object.keys(before)) {
    if (before[key] !== undefined && after[key] === undefined) into.push({ op: "remove", path: at + pointer(key) });
  }
  for (const key of Object.keys(after)) {
    const value = after[key];
    if (value === undefined) continue;
    const had = Object.hasOwn(before, key) ? before[key] : undefined;
    if (had === undefined) into.push({ op: "add", path: at + pointer(key), value });
    else if (had !== value) valuePatch(had, value, at + pointer(key), into);
  }
}

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
