/** How much JSON text holds, before it is parsed: a few bytes of it can stand for an object of hundreds. */

export interface JsonSize {
  /** Values of every kind, those in lists and objects too. */
  readonly values: number;
  /** How many lists and objects the innermost one is in, itself included. */
  readonly depth: number;
}

/** Counts in UTF-8 text, in time linear in its length; what is no JSON gives some numbers. */
export function jsonSize(text: Uint8Array): JsonSize {
  const { length } = text;
  let depth = 0;
  let deepest = 0;
  let values = 1;
  for (let at = 0; at < length; at += 1) {
    const byte = text[at];
    if (byte === quote) {
      for (at += 1; at < length && text[at] !== quote; at += 1) if (text[at] === backslash) at += 1;
    } else if (byte === comma) {
      values += 1;
    } else if (byte === openBrace || byte === openBracket) {
      values += 1;
      depth += 1;
      if (depth > deepest) deepest = depth;
    } else if (byte === closeBrace || byte === closeBracket) {
      depth -= 1;
    }
  }
  return { values, depth: deepest };
}

// The ASCII codes: no other character of UTF-8 has these bytes in it.
const [quote, backslash, comma] = [0x22, 0x5c, 0x2c];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];

/** What text of this size comes to in memory, with the values that are made of it; bytes, about. */
export const jsonCost = (bytes: number, { values }: JsonSize): number => 2 * bytes + bytesOfValue * values;

/** An empty object in V8, with the slot that refers to it. */
const bytesOfValue = 64;
