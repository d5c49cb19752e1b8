/**
 * Numbers as annotation text, read as Go's strconv reads them, and as they are written into
 * strings and into JSON. 64-bit integers are bigints: a JavaScript number would round them.
 * Our own, as JavaScript's readers take what Go refuses, such as blanks and `1e3` for a whole number.
 */

/** Base 10, optional sign, leading zeros allowed, -2147483648..2147483647 (strconv.ParseInt, 32 bit). */
export function parseInt32(text: string): number | undefined {
  const value = parseSigned(text);
  return value === undefined || BigInt.asIntN(32, value) !== value ? undefined : Number(value);
}

/** The same with 64 bit. */
export function parseInt64(text: string): bigint | undefined {
  const value = parseSigned(text);
  return value === undefined || BigInt.asIntN(64, value) !== value ? undefined : value;
}

/** Base 10 digits only, no sign, 0..18446744073709551615 (strconv.ParseUint, 64 bit). */
export function parseUint64(text: string): bigint | undefined {
  const value = /^[0-9]/.test(text) ? parseSigned(text) : undefined;
  return value === undefined || BigInt.asUintN(64, value) !== value ? undefined : value;
}

/**
 * A 64-bit float as strconv.ParseFloat reads it: decimal, hexadecimal with a `p` exponent, `inf`, `infinity` and `nan`
 * in any letter case, `_` between digits. Too large is `undefined` (Go: range error), too small is 0, as in Go.
 */
export function parseGoFloat(text: string): number | undefined {
  const special = specialFloats.get(text.length > 9 ? "" : text.toLowerCase());
  if (special !== undefined) return special;
  const value = decimalFloat(text) ?? hexFloat(text);
  return value === undefined || !Number.isFinite(value) ? undefined : value;
}

/**
 * A number as it stands inside a string (environment value, argument, address). Integers are always written out: the
 * exponent Linkerd writes from 1000000 up (S-01) is no integer for those who read it. Fractions are the shortest
 * decimal, below 0.0001 scientific with at least two exponent digits, as Go prints them.
 */
export function numberText(n: number | bigint): string {
  if (typeof n === "bigint" || Number.isInteger(n)) return String(BigInt(n));
  if (!Number.isFinite(n)) return Number.isNaN(n) ? "NaN" : n > 0 ? "+Inf" : "-Inf";
  return Math.abs(n) >= 1e-4 ? String(n) : n.toExponential().replace(/e-(?=\d$)/, "e-0");
}

/** An integer for JSON.stringify that keeps every digit: a plain number while that is exact, else raw JSON. */
export const jsonInteger = (n: bigint): number | RawJson =>
  n >= Number.MIN_SAFE_INTEGER && n <= Number.MAX_SAFE_INTEGER ? Number(n) : JSON.rawJSON(String(n));

/** A piece of JSON that JSON.stringify copies as it is. */
export interface RawJson {
  readonly rawJSON: string;
}

declare global {
  // Part of V8 since version 11.4, not yet of TypeScript's library (TC39 proposal "JSON.parse source text access").
  interface JSON {
    rawJSON(text: string): RawJson;
    isRawJSON(value: unknown): value is RawJson;
  }
}

/** Digits with an optional sign. Longer than any 64-bit integer is out at once, so that a huge text costs nothing. */
function parseSigned(text: string): bigint | undefined {
  const [, sign, digits] = /^([+-]?)([0-9]+)$/.exec(text) ?? [];
  const significant = digits?.replace(/^0+/, "");
  if (significant === undefined || significant.length > 20) return undefined;
  return sign === "-" ? -BigInt(significant) : BigInt(significant);
}

const specialFloats: ReadonlyMap<string, number> = new Map([
  ["nan", NaN],
  ...["inf", "+inf", "infinity", "+infinity"].map((text) => [text, Infinity] as const),
  ...["-inf", "-infinity"].map((text) => [text, -Infinity] as const),
]);

function decimalFloat(text: string): number | undefined {
  const match = /^([+-]?)([0-9_]*)(\.[0-9_]*)?(?:[eE]([+-]?[0-9][0-9_]*))?$/.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = "", fraction = "", exponent = "0"] = match;
  if (!/[0-9]/.test(whole + fraction) || !underscoresFit(text)) return undefined;
  return Number(`${sign}${plain(whole)}${plain(fraction)}e${boundedExponent(exponent)}`);
}

const plain = (digits: string): string => digits.replaceAll("_", "");

/** Go stops reading an exponent at five digits. */
function boundedExponent(text: string): number {
  const [, sign = "", digits = ""] = /^([+-]?)0*([0-9]*)/.exec(plain(text)) ?? [];
  return Number(`${sign}${digits.slice(0, 5) || "0"}`);
}

/** An underscore stands between two digits; the `0x` of a hexadecimal number counts as one (Go's literal syntax). */
const underscoresFit = (text: string): boolean =>
  !text.includes("_") ||
  (/^[+-]?0x/i.test(text)
    ? /^[+-]?0x_?[0-9a-f.]/i.test(text) && !/(?<![0-9a-fx])_|_(?![0-9a-f])/i.test(text)
    : !/(?<![0-9])_|_(?![0-9])/.test(text));

function hexFloat(text: string): number | undefined {
  const match = /^([+-]?)0[xX]([0-9a-fA-F_]*)(?:\.([0-9a-fA-F_]*))?[pP]([+-]?[0-9][0-9_]*)$/.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = "", fraction = "", exponent = "0"] = match;
  const digits = plain(whole) + plain(fraction);
  if (digits === "" || !underscoresFit(text)) return undefined;
  const value = scaled(BigInt(`0x${digits}`), boundedExponent(exponent) - 4 * plain(fraction).length);
  return sign === "-" ? -value : value;
}

/** mantissa · 2^exponent, rounded once, half to even. */
function scaled(mantissa: bigint, exponent: number): number {
  const bits = mantissa === 0n ? 0 : mantissa.toString(2).length;
  if (bits === 0) return 0;
  // The lowest bit that is kept: 53 bits, fewer among the subnormal numbers (2^-1074 is the smallest).
  const lowest = Math.max(exponent + bits - 53, -1074);
  const cut = lowest - exponent;
  if (exponent + bits > 1024) return Infinity;
  const kept = cut <= 0 ? mantissa << BigInt(-cut) : halfEven(mantissa, BigInt(cut));
  // In two steps: 2^lowest alone may be too small or too large for one factor, the parts are exact.
  const half = Math.trunc(lowest / 2);
  return Number(kept) * 2 ** half * 2 ** (lowest - half);
}

function halfEven(value: bigint, cut: bigint): bigint {
  const kept = value >> cut;
  const rest = value - (kept << cut);
  const half = 1n << (cut - 1n);
  return rest > half || (rest === half && (kept & 1n) === 1n) ? kept + 1n : kept;
}

export const isZero = (value: number | bigint): boolean => Number(value) === 0;
