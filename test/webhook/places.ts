/** JSON with one value replaced, for tests with holes and wrong types. */
import type { Json } from "../../src/core/base/json/json.ts";

/** The keys that lead to each value. */
export const placesIn = (value: Json | undefined): readonly (readonly string[])[] =>
  typeof value === "object" && value !== null
    ? [
        [],
        ...Object.entries(value).flatMap(([key, member]) => placesIn(member as Json).map((place) => [key, ...place])),
      ]
    : [[]];

export const replaced = (value: Json, [key, ...rest]: readonly string[], by: Json): Json => {
  if (key === undefined || typeof value !== "object" || value === null) return by;
  const copy = structuredClone(value) as Record<string, Json>;
  copy[key] = replaced(copy[key] ?? null, rest, by);
  return copy;
};
