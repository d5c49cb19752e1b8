/**
 * Reading JSON that has to be of a kind: what is of another kind is an issue with its place. `read.ts` is for those to
 * whom it counts as absent.
 */
import type { Issue } from "../text/issue.ts";
import type { Result } from "../text/result.ts";
import { isList, isObject } from "./json.ts";
import type { Json, JsonObject } from "./json.ts";

export interface Kind<Value> {
  /** What a value has to be, after "expected". */
  readonly expects: string;
  readonly read: (value: Json) => Value | undefined;
  /** The same as JSON Schema, as far as that can say it, in expressions that RE2 takes, too. */
  readonly schema?: JsonObject;
}

export function strictly<Value>({ expects, read }: Kind<Value>, json: Json, at: string): Result<Value> {
  const value = read(json);
  return value === undefined ? { issues: [unexpected(at, expects, json)] } : { value };
}

export const unexpected = (at: string, expects: string, got: Json | undefined): Issue => ({
  at,
  message: `expected ${expects}, got ${shownJson(got)}`,
});

/** At most 60 characters of it. */
function shownJson(value: Json | undefined): string {
  const json = JSON.stringify(value ?? null);
  return json.length > 60 ? `${json.slice(0, 59)}…` : json;
}

export const text: Kind<string> = {
  expects: "text",
  read: (value) => (typeof value === "string" ? value : undefined),
};
export const truth: Kind<boolean> = {
  expects: "true or false",
  schema: { type: "boolean" },
  read: (value) => (typeof value === "boolean" ? value : undefined),
};
export const number: Kind<number> = {
  expects: "a number",
  read: (value) => (typeof value === "number" ? value : undefined),
};
export const whole: Kind<number> = {
  expects: "a whole number",
  read: (value) => (typeof value === "number" && Number.isInteger(value) ? value : undefined),
};
export const wholeFrom = (least: number, most: number): Kind<number> => ({
  expects: most === Infinity ? `a whole number, ${least} or more` : `a whole number from ${least} to ${most}`,
  read: (value) => {
    const found = whole.read(value);
    return found !== undefined && found >= least && found <= most ? found : undefined;
  },
  schema: { type: "integer", minimum: least, ...(most === Infinity ? {} : { maximum: most }) },
});
export const oneOf = <Text extends string>(texts: readonly Text[]): Kind<Text> => ({
  expects: texts.join(" or "),
  read: (value) => texts.find((each) => each === value),
  schema: { enum: texts },
});
export const matching = (expects: string, pattern: RegExp): Kind<string> => ({
  expects,
  read: (value) => (typeof value === "string" && pattern.test(value) ? value : undefined),
  schema: { type: "string", pattern: pattern.source },
});
export const listOf = <Item>(
  expects: string,
  { read, schema }: Pick<Kind<Item>, "read" | "schema">,
): Kind<readonly Item[]> => ({
  expects,
  schema: { type: "array", ...(schema === undefined ? {} : { items: schema }) },
  read(value) {
    const items = isList(value) ? value.map(read) : [undefined];
    return items.every((item) => item !== undefined) ? items : undefined;
  },
});
export const map: Kind<JsonObject> = {
  expects: "a map",
  read: (value) => (isObject(value) ? value : undefined),
  schema: { type: "object" },
};
export const textMap: Kind<Readonly<Record<string, string>>> = {
  expects: "a map of text",
  schema: { type: "object", additionalProperties: { type: "string" } },
  read: (value) =>
    isObject(value) && Object.values(value).every((item) => typeof item === "string")
      ? (value as Readonly<Record<string, string>>)
      : undefined,
};
