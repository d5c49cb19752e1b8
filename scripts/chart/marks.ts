/** Marks in objects for what the chart's values fill in; and how each is written in a template. */
import { isList, isObject } from "../../src/core/base/json/json.ts";
import type { Json, JsonObject } from "../../src/core/base/json/json.ts";

/**
 * `text` may stand within other text; `int` and `block` (text of several lines), `yaml` (a list or a map) are whole
 * values; `each` makes an item for each of a list; `more` is a key, for keys beside those that are there.
 */
export type MarkKind = "text" | "int" | "block" | "yaml" | "each" | "each-int" | "more";

export const mark = (kind: MarkKind, expression: string): string => `⟦${kind}:${expression}⟧`;

/** Where an object has no text. */
export const markedAs = (kind: MarkKind, expression: string): never => mark(kind, expression) as never;

const anyMark = /⟦(?<kind>[a-z-]+):(?<expression>[^⟧]*)⟧/;

interface Mark {
  readonly kind: MarkKind;
  readonly expression: string;
}

/** Of a value that is nothing else. */
export function markOf(value: Json | undefined): Mark | undefined {
  const { kind, expression } = typeof value === "string" ? (wholeMark.exec(value)?.groups ?? {}) : {};
  return kind === undefined || expression === undefined ? undefined : { kind: kind as MarkKind, expression };
}

const wholeMark = new RegExp(`^${anyMark.source}$`);

/** The list that an item is made for each of; what is in a list of the item's own is that one's. */
export function listOf(item: Json): string | undefined {
  if (isObject(item))
    return Object.values(item)
      .map((value) => listOf(value ?? null))
      .find((found) => found !== undefined);
  const found = markOf(item);
  return found?.kind === "each" || found?.kind === "each-int" ? found.expression : undefined;
}

/** YAML with marks within text → a template. */
export const filledIn = (line: string): string =>
  line
    .replace(/"?(⟦[^⟧]*⟧)"?$/, (all, whole: string, at: number) =>
      / $|^$/.test(line.slice(0, at)) ? `{{ ${wholeExpression(whole)} }}` : all,
    )
    .replaceAll(new RegExp(anyMark, "g"), "{{ $<expression> }}");

function wholeExpression(whole: string): string {
  const { kind, expression } = markOf(whole) ?? { kind: "text", expression: "" };
  if (kind === "each") return ". | quote";
  if (kind === "each-int") return "int .";
  return kind === "int" ? `int (${expression})` : `${expression} | quote`;
}

/** Values that stand for others are replaced; a map with the mark of a whole one in it, too. */
export function withMarks(value: JsonObject, replaced: ReadonlyMap<unknown, string>): JsonObject {
  const swap = (json: Json): Json => {
    if (isList(json)) return json.map(swap);
    if (!isObject(json)) return replaced.get(json) ?? json;
    const limit = isObject(json["limits"]) ? json["limits"]["memory"] : undefined;
    if (markOf(limit)?.kind === "yaml") return limit ?? null;
    return Object.fromEntries(Object.entries(json).map(([key, item = null]) => [key, swap(item)]));
  };
  return Object.fromEntries(Object.entries(value).map(([key, item = null]) => [key, swap(item)]));
}
