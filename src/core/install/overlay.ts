/** Values laid over values, as Helm does it: maps are merged, null removes, everything else replaces. */
import { isObject } from "../base/json/json.ts";
import type { Json, JsonObject } from "../base/json/json.ts";

export const overlaid = (base: JsonObject, overlays: readonly JsonObject[]): JsonObject =>
  overlays.reduce((below, overlay) => laidOver(below, overlay, "removes"), base);

/** Several overlays as one: their nulls are kept, as they mean what is below. */
export const stacked = (overlays: readonly JsonObject[]): JsonObject =>
  overlays.reduce((below, overlay) => laidOver(below, overlay, "stays"), {});

function laidOver(base: JsonObject, overlay: JsonObject, aNull: "removes" | "stays"): JsonObject {
  const merged = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(overlay)) {
    const below = merged.get(key);
    if (value === null && aNull === "removes") merged.delete(key);
    else if (isObject(value)) merged.set(key, laidOver(isObject(below) ? below : {}, value, aNull));
    else if (value !== undefined) merged.set(key, value);
  }
  return Object.fromEntries(merged);
}

/** The overlay that sets one value: `proxy.logLevel`; a dot within a key is written `\.`, as in Helm. */
export function overlayOf(path: string, value: Json): JsonObject {
  const keys = path.split(/(?<!\\)\./).map((key) => key.replaceAll(String.raw`\.`, "."));
  const [first = "", ...rest] = keys;
  return { [first]: rest.reduceRight<Json>((inner, key) => ({ [key]: inner }), value) };
}
