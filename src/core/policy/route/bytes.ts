/** How long a message becomes, about, and what its patterns hold in a proxy. */
import { patternBytes } from "../../base/text/pattern.ts";

/** Bytes on the wire at most, and a part of what its patterns are compiled to. */
export function messageBytes(value: unknown, key = ""): number {
  if (typeof value === "string") return encoder.encode(value).length + ofField + (key === "regex" ? held(value) : 0);
  if (value instanceof Uint8Array) return value.length + ofField;
  if (Array.isArray(value)) return value.reduce<number>((sum, each) => sum + messageBytes(each), ofField);
  if (typeof value !== "object" || value === null) return ofField;
  return Object.entries(value).reduce((sum, [name, each]) => sum + messageBytes(each, name), ofField);
}

const encoder = new TextEncoder();

/** Its number and its length. */
const ofField = 6;

/** 2 MiB of a message are 64 MiB of patterns in each proxy that is sent it. */
const held = (pattern: string): number => Math.ceil(patternBytes(pattern) / 32);
