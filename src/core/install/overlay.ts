/** Values laid over values, as Helm does it: maps are merged, null removes, everything else replaces. */
import { isObject } from "../mesh/api.ts";
import type { Json, JsonObject } from "../mesh/api.ts";

export const overlaid = (base: JsonObject, overlays: readonly JsonObject[]): JsonObject =>
  overlays.reduce((below, overlay) => laidOver(below, overlay), base);

function laidOver(base: JsonObject, overlay: JsonObject): JsonObject {
  const changed = Object.entries(overlay).map(([key, value]): readonly [string, Json | undefined] => {
    const below = Object.hasOwn(base, key) ? base[key] : undefined;
    if (value === undefined) return [key, below];
    return [key, isObject(value) ? laidOver(isObject(below) ? below : {}, value) : value];
  });
  const merged = new Map<string, Json | undefined>([...Object.entries(base), ...changed]);
  return Object.fromEntries([...merged].filter(([, value]) => value !== null && value !== undefined));
}

/** The overlay that sets one value: `proxy.logLevel`; a dot within a key is written `\.`, as in Helm. */
export function overlayOf(path: string, value: Json): JsonObject {
  const keys = path.split(/(?<!\\)\./).map((key) => key.replaceAll(String.raw`\.`, "."));
  const [first = "", ...rest] = keys;
  return { [first]: rest.reduceRight<Json>((inner, key) => ({ [key]: inner }), value) };
}
