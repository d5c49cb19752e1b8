/** Fields of raw objects, read so that a missing or misshapen one counts as absent. */
import { isList, isObject } from "../base/json/json.ts";
import type { Json, JsonObject } from "../base/json/json.ts";

const noObject: JsonObject = {};
const noTexts: Readonly<Record<string, string>> = {};

export const objectIn = (of: JsonObject, key: string): JsonObject => {
  const value = of[key];
  return isObject(value) ? value : noObject;
};

export const objectsIn = (of: JsonObject, key: string): readonly JsonObject[] => listIn(of, key).filter(isObject);

export const textIn = (of: JsonObject, key: string): string => {
  const value = of[key];
  return typeof value === "string" ? value : "";
};

export const numberIn = (of: JsonObject, key: string): number | undefined => {
  const value = of[key];
  return typeof value === "number" ? value : undefined;
};

export const textsIn = (of: JsonObject, key: string): readonly string[] =>
  listIn(of, key).filter((value) => typeof value === "string");

/** A map of texts, such as labels; what is no text is left out. */
export function textMapIn(of: JsonObject, key: string): Readonly<Record<string, string>> {
  const entries = Object.entries(objectIn(of, key)).filter((entry): entry is [string, string] => {
    const [, value] = entry;
    return typeof value === "string";
  });
  return entries.length === 0 ? noTexts : Object.fromEntries(entries);
}

const listIn = (of: JsonObject, key: string): readonly Json[] => {
  const value = of[key];
  return isList(value) ? value : [];
};
