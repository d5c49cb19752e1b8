/** JSON values compared and taken apart. A member that is `undefined` counts as absent; a raw number is a number. */
import type { Json, JsonObject } from "../base/json/json.ts";
import { isRawNumber, type RawNumber } from "../base/json/raw-number.ts";

/** A value that is no map and no list. */
export type Leaf = null | boolean | number | string | RawNumber;

export const isSequence = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);

export const isMapping = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !isSequence(value) && !isRawNumber(value);

/** A map or a list that holds something. */
export const isFull = (value: Json): value is readonly Json[] | JsonObject =>
  isSequence(value) ? value.length > 0 : isMapping(value) && namesOf(value).length > 0;

/** The members that are there, in order. */
export const members = (value: JsonObject): readonly (readonly [string, Json])[] =>
  Object.entries(value).filter((entry): entry is [string, Json] => entry[1] !== undefined);

/** The member of that name, were it `__proto__`. */
export const member = (value: JsonObject, key: string): Json | undefined =>
  Object.hasOwn(value, key) ? value[key] : undefined;

/**
 * Deep equality of documents, which is not `base/json/equal.ts`: `1.0` is `1`, a member that is undefined is none, and a
 * text may go as deep as the reader lets it.
 */
export function same(left: Json | undefined, right: Json | undefined): boolean {
  if (left === right) return true;
  if (isSequence(left)) {
    return isSequence(right) && left.length === right.length && left.every((item, index) => same(item, right[index]));
  }
  if (isMapping(left)) {
    if (!isMapping(right)) return false;
    return sameMembers(left, right);
  }
  return sameNumber(left, right);
}

/** By names, since a list of pairs for each map of a document is most of what comparing it would cost. */
function sameMembers(left: JsonObject, right: JsonObject): boolean {
  const names = namesOf(left);
  return names.length === namesOf(right).length && names.every((name) => same(left[name], member(right, name)));
}

const namesOf = (value: JsonObject): readonly string[] =>
  Object.keys(value).filter((name) => value[name] !== undefined);

function sameNumber(left: Json | undefined, right: Json | undefined): boolean {
  if (isRawNumber(left) && isRawNumber(right) && isInteger(left) && isInteger(right))
    return left.rawJSON === right.rawJSON;
  const [first, second] = [left, right].map((value) => (isRawNumber(value) ? Number(value.rawJSON) : value));
  return typeof first === "number" && first === second;
}

const isInteger = ({ rawJSON }: RawNumber): boolean => /^-?[0-9]+$/.test(rawJSON);
