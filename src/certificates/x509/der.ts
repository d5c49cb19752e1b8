/**
 * Whether bytes are DER, the one way in which a value may be encoded (X.690, sections 10 and 11). Of BER's other ways two
 * readers may make two values.
 */

/** What about these bytes, which should be one value, is no DER; undefined: nothing. Octet strings are not looked into. */
export function derFault(bytes: Uint8Array): string | undefined {
  try {
    const { end } = value(bytes, 0, bytes.length, 0);
    return end < bytes.length ? `it goes on after its end, at byte ${end}` : undefined;
  } catch (error) {
    if (error instanceof NoDer) return error.message;
    throw error;
  }
}

class NoDer extends Error {}

const mostNested = 32;

interface Place {
  readonly start: number;
  readonly end: number;
}

function value(bytes: Uint8Array, at: number, limit: number, depth: number): Place {
  if (depth > mostNested) throw new NoDer(`values stand more than ${mostNested} deep in each other`);
  const tag = at < limit ? (bytes[at] ?? 0) : 0;
  const isUniversal = tag < 0x40;
  const isConstructed = (tag & 0x20) !== 0;
  const number = tag & 0x1f;
  if (number === 0x1f || (isUniversal && number === 0)) throw new NoDer(`there is no value at byte ${at}`);
  const { start, end } = contents(bytes, at + 1, limit);
  if (isUniversal && isConstructed !== (number === sequence || number === set))
    throw new NoDer(`the value at byte ${at} is ${isConstructed ? "cut in pieces" : "not made of values"}`);
  if (isConstructed) parts(bytes, { start, end }, depth, isUniversal && number === set);
  else if (isUniversal && shortest.get(number)?.(bytes.subarray(start, end)) === false)
    throw new NoDer(`the value at byte ${at} could be written in another way`);
  return { start: at, end };
}

/** Where they begin and end, by the length that stands before them. */
function contents(bytes: Uint8Array, at: number, limit: number): Place {
  const first = at < limit ? (bytes[at] ?? 0) : 0x80;
  const digits = first < 0x80 ? 0 : first - 0x80;
  const start = at + 1 + digits;
  if (digits > 4 || start > limit) throw new NoDer(`the value before byte ${at} ends beyond what it is part of`);
  const length = first < 0x80 ? first : bytes.subarray(at + 1, start).reduce((sum, digit) => sum * 256 + digit, 0);
  // In one way: without zeros before it, and without a byte that says how many follow where none would have to.
  if (first === 0x80 || (digits > 0 && (bytes[at + 1] === 0 || length < 0x80)))
    throw new NoDer(`at byte ${at} there is no length, or one in more bytes than it takes`);
  if (start + length > limit) throw new NoDer(`the value before byte ${at} ends beyond what it is part of`);
  return { start, end: start + length };
}

/** Those of a set have an order. */
function parts(bytes: Uint8Array, { start, end }: Place, depth: number, isSet: boolean): void {
  let before: Uint8Array = new Uint8Array();
  for (let at = start; at < end;) {
    const part = value(bytes, at, end, depth + 1);
    const encoded = bytes.subarray(part.start, part.end);
    if (isSet && Buffer.compare(before, encoded) > 0) throw new NoDer(`the set around byte ${at} is not in order`);
    before = encoded;
    at = part.end;
  }
}

const sequence = 16;
const set = 17;

/** The first nine bits of a number are not all the same. */
function isWhole({ 0: first, 1: second, length }: Uint8Array): boolean {
  if (second === undefined) return length > 0;
  return second < 0x80 ? first !== 0 : first !== 0xff;
}

/** By the number of their tag: values that BER lets be written in several ways. */
const shortest: ReadonlyMap<number, (contents: Uint8Array) => boolean> = new Map([
  // BOOLEAN, INTEGER, BIT STRING, NULL, OBJECT IDENTIFIER, ENUMERATED.
  [1, (bytes) => bytes.length === 1 && (bytes[0] === 0 || bytes[0] === 0xff)],
  [2, isWhole],
  [3, ([unused = 8, ...bits]) => unused < 8 && ((bits.at(-1) ?? (unused === 0 ? 0 : 1)) & ((1 << unused) - 1)) === 0],
  [5, (bytes) => bytes.length === 0],
  [
    6,
    (bytes) =>
      bytes.every((byte, at) => byte !== 0x80 || (bytes[at - 1] ?? 0) >= 0x80) && (bytes.at(-1) ?? 0x80) < 0x80,
  ],
  [10, isWhole],
]);
