/**
 * What `kubectl apply` takes away: what it applied the last time and does not find in the manifest any more. A
 * server-side apply does not, as somebody else owns those fields; kubectl's own note on the object tells them.
 */
import { isList, isObject } from "../base/json/json.ts";
import type { Json, JsonObject } from "../base/json/json.ts";

const note = "kubectl.kubernetes.io/last-applied-configuration";

/** The object that server-side apply gives, without what `kubectl apply` would remove from the live one. */
export function withoutForgotten(result: JsonObject, live: JsonObject, wanted: JsonObject): JsonObject {
  const applied = lastApplied(live);
  const without = applied === undefined ? result : removed(result, applied, annotated(wanted));
  return isObject(without) ? without : result;
}

/** kubectl always sends annotations, its note among them: those of others stay. */
const annotated = (wanted: JsonObject): JsonObject => {
  const metadata = isObject(wanted["metadata"]) ? wanted["metadata"] : {};
  return { ...wanted, metadata: { ...metadata, annotations: metadata["annotations"] ?? {} } };
};

function lastApplied({ metadata }: JsonObject): Json | undefined {
  const annotations = isObject(metadata) ? metadata["annotations"] : undefined;
  const text = isObject(annotations) ? annotations[note] : undefined;
  try {
    return typeof text === "string" ? (JSON.parse(text) as Json) : undefined;
  } catch {
    return undefined;
  }
}

/** Without the members that are in `before` and not in `after`. */
function removed(value: Json | undefined, before: Json | undefined, after: Json | undefined): Json | undefined {
  if (isObject(value) && isObject(before) && isObject(after)) {
    const entries = Object.entries(value).map(([key, item]): readonly [string, Json | undefined] => {
      const isForgotten = before[key] !== undefined && after[key] === undefined;
      return [key, isForgotten ? undefined : removed(item, before[key], after[key])];
    });
    return Object.fromEntries(entries.filter(([, item]) => item !== undefined));
  }
  return isList(value) && isList(before) && isList(after) ? removedItems(value, before, after) : value;
}

/** Lists of named things are merged thing by thing; others are replaced as a whole, and hold nothing forgotten. */
function removedItems(value: readonly Json[], before: readonly Json[], after: readonly Json[]): readonly Json[] {
  const find = (items: readonly Json[], key: string): Json | undefined => items.find((item) => keyOf(item) === key);
  return value.flatMap((item) => {
    const key = keyOf(item);
    if (key === undefined) return [item];
    const [old, next] = [find(before, key), find(after, key)];
    if (old !== undefined && next === undefined) return [];
    return [removed(item, old, next) ?? null];
  });
}

/** By what lists are merged (the API reference's patchMergeKey), as far as an installation has such lists. */
const mergeKeys = ["name", "mountPath", "topologyKey"];

function keyOf(item: Json): string | undefined {
  if (!isObject(item)) return undefined;
  return mergeKeys.map((key) => item[key]).find((value) => typeof value === "string");
}
