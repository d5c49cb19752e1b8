/** Scalars as YAML text that YAML 1.1 and 1.2 readers, Go's among them, read back as the same value. */
import { isRawNumber } from "../base/json/raw-number.ts";
import type { Leaf } from "./value.ts";

/** One line of YAML for a scalar, fit for block style, flow style, and keys. */
export function scalarText(value: Leaf): string {
  if (typeof value === "string") return isPlain(value) ? value : quoted(value);
  return isRawNumber(value) ? value.rawJSON : JSON.stringify(value);
}

/** Double quotes, with JSON's escapes: valid JSON and valid YAML. */
export const quoted = (text: string): string => JSON.stringify(text).replaceAll(risky, escaped);

// YAML 1.1 takes U+0085, U+2028 and U+2029 for line ends (section 4.2); the others are not printable in YAML.
const risky = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;
const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** Whether the text may stand without quotes. Cautious: a plain text that would be fine may still be quoted. */
const isPlain = (text: string): boolean =>
  /^[A-Za-z0-9_./$(+-][A-Za-z0-9_./$()+=@%^;:<>~ -]*$/.test(text) &&
  !/^-( |$)|^---|^\.\.\.|: |:$| $/.test(text) &&
  !words.has(text.toLowerCase()) &&
  !numeric.test(text);

/** Booleans and nulls of YAML 1.1 and 1.2, in any case. */
const words: ReadonlySet<string> = new Set(["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"]);

/** Decimal, octal, hexadecimal, base 60, dates, versions, addresses: all that begins like a number and has no other letters. */
const numeric = /^[-+.]?[0-9.][0-9a-fA-F_xXoO.:+TtZ -]*$|^[-+]?\.?(inf|nan)$|^[-+.]+$/i;

/** The lines of a literal block scalar (`|`), header first; undefined when only quotes are safe. */
export function literalLines(text: string): readonly string[] | undefined {
  // Lines of a literal are indented, so that `-----BEGIN` begins no document; a bare marker is better quoted all the same.
  if (!/^[^\s].*\n/.test(text) || unprintable.test(text) || /^\t|[ \t]$|\n\n$|^(---|\.\.\.)(\s|$)/m.test(text))
    return undefined;
  const lines = text.split("\n");
  return text.endsWith("\n") ? ["|", ...lines.slice(0, -1)] : ["|-", ...lines];
}

const unprintable = /[^\n\t\x20-\x7e\u00a0-\u2027\u202a-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]|\p{Surrogate}/u;
