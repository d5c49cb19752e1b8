/** The kinds of patches, as the stand-in for an API server applies them. */
import jsonPatch from "fast-json-patch";
import type { Operation } from "fast-json-patch";
import { isList, isObject } from "../../src/core/base/json/json.ts";
import type { Json, JsonObject } from "../../src/core/base/json/json.ts";

/** The new object; `undefined`: the patch does not apply. */
export function patched(object: JsonObject, patch: Json, contentType: string): JsonObject | undefined {
  if (contentType === "application/json-patch+json") return byOperations(object, patch);
  const merge = contentType === "application/merge-patch+json" ? mergePatch : strategicPatch;
  const result = merge(object, patch);
  return isObject(result) ? result : undefined;
}

function byOperations(object: JsonObject, patch: Json): JsonObject | undefined {
  try {
    const copy = structuredClone(object);
    return jsonPatch.applyPatch(copy, patch as unknown as Operation[], true).newDocument;
  } catch {
    return undefined;
  }
}

/** RFC 7386. */
export function mergePatch(target: Json | undefined, patch: Json): Json {
  return merged(target, patch, (_, items) => items);
}

/** As a merge patch, but items of lists are merged by their `name`; enough for what is applied on the server, too. */
export const strategicPatch = (target: Json | undefined, patch: Json): Json => merged(target, patch, byName);

type MergeLists = (old: readonly Json[], items: readonly Json[]) => readonly Json[];

function merged(target: Json | undefined, patch: Json, lists: MergeLists): Json {
  if (isList(patch)) return isList(target) ? lists(target, patch) : patch;
  if (!isObject(patch)) return patch;
  const result: Record<string, Json | undefined> = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null || value === undefined) delete result[key];
    else result[key] = merged(result[key], value, lists);
  }
  return result;
}

function byName(old: readonly Json[], items: readonly Json[]): readonly Json[] {
  const names = items.map(nameOf);
  if (names.includes(undefined)) return items;
  const kept = old.map((item) => {
    const index = names.indexOf(nameOf(item) ?? "");
    return index === -1 ? item : strategicPatch(item, items[index] ?? null);
  });
  const known = new Set(old.map(nameOf));
  return [...kept, ...items.filter((item) => !known.has(nameOf(item)))];
}

const nameOf = (item: Json): string | undefined =>
  isObject(item) && typeof item["name"] === "string" ? item["name"] : undefined;
