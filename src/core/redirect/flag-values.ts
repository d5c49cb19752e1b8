/** Texts of flags as Go's pflag reads them. */

/**
 * strconv.ParseInt with base 0 and 64 bit: decimal, `0x1f`, `0b1`, `0o17` and `017` (octal), a sign, and `_` between
 * digits or behind the prefix.
 */
export function parseGoInteger(text: string): bigint | undefined {
  const [, sign, literal = ""] = /^([+-]?)([0-9][0-9a-z_]{0,99})$/i.exec(text) ?? [];
  if (!integers.some((form) => form.test(literal))) return undefined;
  const plain = literal.replaceAll("_", "").toLowerCase();
  const magnitude = BigInt(/^0[0-7]/.test(plain) ? `0o${plain}` : plain);
  const value = sign === "-" ? -magnitude : magnitude;
  return BigInt.asIntN(64, value) === value ? value : undefined;
}

const integers = [/^0x(_?[0-9a-f])+$/i, /^0b(_?[01])+$/i, /^0o(_?[0-7])+$/i, /^0(_?[0-7])*$/, /^[1-9](_?[0-9])*$/];

/** The first record of a text with comma-separated values, and what stands behind it. */
export interface Record {
  readonly fields: readonly string[];
  readonly behind: string;
}

/**
 * What encoding/csv makes of a list: quotes group (`"80,81"` is one field, `""` in it a quote), empty lines in front do
 * not count. `undefined` when quotes do not match, or when there is no line at all. An empty text has no fields.
 */
export function readRecord(text: string): Record | undefined {
  if (text === "") return { fields: [], behind: "" };
  const lines = text.replaceAll("\r\n", "\n").replace(/\r$/, "").replace(/^\n+/, "");
  if (lines === "") return undefined;
  const fields: string[] = [];
  for (let at = 0; ; at += 1) {
    field.lastIndex = at;
    const match = field.exec(lines);
    if (match === null) return undefined;
    fields.push(match[1]?.replaceAll('""', '"') ?? match[0]);
    at = field.lastIndex;
    if (lines[at] !== ",") return { fields, behind: lines.slice(at) };
  }
}

// Sticky: a field begins where the one before ended.
const field = /"([^"]*(?:""[^"]*)*)"(?=[,\n]|$)|[^",\n][^"\n,]*(?=[,\n]|$)|(?=[,\n]|$)/y;
