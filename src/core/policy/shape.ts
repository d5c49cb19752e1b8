/**
 * The shape of a spec, as a table says it: what is not of it cannot be read by Linkerd's policy controller either. Keys
 * that are not known it passes over; they are told apart from what is wrong.
 */
import { isList, isObject } from "../base/json/json.ts";
import type { Json } from "../base/json/json.ts";
import type { Issue } from "../base/text/issue.ts";
import { quoted } from "../base/text/quote.ts";
import { unknownKeys } from "./reading.ts";
import type { UnknownKey } from "./reading.ts";

/** What is wrong with a value at a place, and which of its keys are not known. */
export type Check = (value: Json, at: string) => readonly (Issue | UnknownKey)[];

export const isUnknownKey = (issue: Issue | UnknownKey): boolean => "isUnknownKey" in issue;

export const wrong = (at: string, message: string): readonly Issue[] => [{ at, message }];

export const text: Check = (value, at) => (typeof value === "string" ? [] : wrong(at, "must be a text"));
export const truth: Check = (value, at) => (typeof value === "boolean" ? [] : wrong(at, "must be true or false"));

export const wholeNumber =
  (most: number): Check =>
  (value, at) =>
    typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= most
      ? []
      : wrong(at, `must be a whole number from 0 to ${most}`);

export const oneOf =
  (...words: readonly string[]): Check =>
  (value, at) =>
    typeof value === "string" && words.includes(value) ? [] : wrong(at, `must be one of ${words.join(", ")}`);

export const listOf =
  (check: Check, { atLeast = 0 }: { readonly atLeast?: number } = {}): Check =>
  (value, at) => {
    if (!isList(value)) return wrong(at, "must be a list");
    if (value.length < atLeast) return wrong(at, "must not be empty");
    return value.flatMap((element, index) => check(element, `${at}[${index}]`));
  };

/** Null counts as absent. */
export const shapeOf =
  (required: Readonly<Record<string, Check>>, optional: Readonly<Record<string, Check>> = {}): Check =>
  (value, at) => {
    if (!isObject(value)) return wrong(at, "must be an object");
    return [
      ...Object.entries(required).flatMap(([key, check]) =>
        isAbsent(value[key]) ? wrong(`${at}.${key}`, "is missing") : check(value[key], `${at}.${key}`),
      ),
      ...Object.entries(optional).flatMap(([key, check]) =>
        isAbsent(value[key]) ? [] : check(value[key], `${at}.${key}`),
      ),
      ...unknownKeys(value, [...Object.keys(required), ...Object.keys(optional)], at),
    ];
  };

const isAbsent = (value: Json | undefined): value is null | undefined => value === undefined || value === null;

/** All of them are asked. */
export const allOf =
  (...checks: readonly Check[]): Check =>
  (value, at) =>
    checks.flatMap((check) => check(value, at));

const mapOf =
  (check: Check): Check =>
  (value, at) =>
    isObject(value)
      ? Object.entries(value).flatMap(([key, each]) => check(each ?? null, `${at}[${quoted(key)}]`))
      : wrong(at, "must be an object");

/** meta/v1, LabelSelector. */
export const selectorShape: Check = shapeOf(
  {},
  {
    matchLabels: mapOf(text),
    matchExpressions: listOf(
      shapeOf({ key: text, operator: oneOf("In", "NotIn", "Exists", "DoesNotExist") }, { values: listOf(text) }),
    ),
  },
);
