/** Numbers that a double cannot hold, kept as their JSON text (TC39 "JSON.parse source text access", in V8 since 11.4). */
import type { Json, JsonObject } from "./json.ts";

/** What `JSON.rawJSON` makes: `JSON.stringify` writes its text as it stands. */
export interface RawNumber extends JsonObject {
  readonly rawJSON: string;
}

// TypeScript's library does not know these two yet.
const { rawJSON, isRawJSON } = JSON as unknown as {
  readonly rawJSON: (text: string) => RawNumber;
  readonly isRawJSON: (value: unknown) => boolean;
};

export const rawNumber = (text: string): RawNumber => rawJSON(text);
export const isRawNumber = (value: unknown): value is RawNumber => isRawJSON(value);

const jsonNumber = /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$/;

/** A number as a double, or as its text where the double would be another number. */
export function exactNumber(value: number | bigint, source: string): Json {
  if (typeof value === "bigint") {
    return Number.isSafeInteger(Number(value)) ? Number(value) : rawNumber(String(value));
  }
  // A double keeps any 15 digits.
  const digits = source
    .replace(/[eE].*/, "")
    .replaceAll(/[^0-9]/g, "")
    .replace(/^0+/, "");
  return digits.length > 15 && jsonNumber.test(source) ? rawNumber(source) : value;
}
