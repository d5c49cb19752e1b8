/**
 * What an unquoted YAML scalar means to Kubernetes, which reads YAML 1.1 as go.yaml.in/yaml/v2 does (`resolve.go`):
 * `yes` is a boolean, `0644` is octal, but `1:30` and dates are text. Checked against that library.
 */

/** A scalar's value; integers are exact. A float may be NaN or infinite, which JSON has no text for. */
export type ScalarValue = null | boolean | string | number | bigint;

/** The value of a plain scalar without a tag. */
export function plainValue(source: string): ScalarValue {
  const word = words.get(source);
  if (word !== undefined) return word;
  if (!/^[-+.0-9]/.test(source)) return source;
  // After a leading point Go wants its underscores between digits; elsewhere yaml drops them first.
  if (source.startsWith(".") && /_(?![0-9])|[^0-9]_/.test(source)) return source;
  const digits = source.replaceAll("_", "");
  return integer(digits) ?? (floating.test(digits) ? finite(digits) : undefined) ?? source;
}

/** The value of a scalar with a tag such as `!!int`; undefined when the text is not of that kind. */
export function taggedValue(source: string, tag: string): ScalarValue | undefined {
  const name = tag.startsWith(coreTags) ? tag.slice(coreTags.length) : "";
  const value = plainValue(source);
  switch (name) {
    case "null":
      return value === null ? value : undefined;
    case "bool":
      return typeof value === "boolean" ? value : undefined;
    case "int":
      return typeof value === "bigint" && inRange(value, -(2n ** 63n), 2n ** 64n) ? value : undefined;
    case "float":
      return typeof value === "number" || (typeof value === "bigint" && inRange(value, -(2n ** 63n), 2n ** 63n))
        ? Number(value)
        : undefined;
    case "timestamp":
      return isTimestamp(source) ? source : undefined;
    case "binary":
      return decoded(source);
    default:
      return source;
  }
}

const coreTags = "tag:yaml.org,2002:";

const inRange = (value: bigint, least: bigint, end: bigint): boolean => value >= least && value < end;

/** The forms that yaml's `parseTimestamp` knows: a day, a day and a time, and the same with `T` and a zone. */
function isTimestamp(text: string): boolean {
  const [, year = "", month = "", day = "", zoned, local] =
    /^([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[Tt](.*)(?:Z|[-+][0-9]{2}:[0-9]{2})| (.*))?$/.exec(text) ?? [];
  const days = new Date(Date.UTC(2000 + (Number(year) % 400), Number(month), 0)).getUTCDate();
  const isDay = year !== "" && inside(month, 1, 12) && inside(day, 1, days);
  return isDay && isTime(zoned ?? local ?? "0:0:0");
}

function isTime(text: string): boolean {
  const [, hour, minute = "", second = ""] = /^([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,][0-9]+)?$/.exec(text) ?? [];
  return hour !== undefined && inside(hour, 0, 23) && inside(minute, 0, 59) && inside(second, 0, 59);
}

const inside = (text: string, least: number, most: number): boolean => Number(text) >= least && Number(text) <= most;

/** Base64 as text; undefined when it is none, or of bytes that are no UTF-8, which have no text in JSON. */
function decoded(source: string): string | undefined {
  const text = source.replaceAll(/[\r\n]/g, "");
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) return undefined;
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

const words: ReadonlyMap<string, ScalarValue> = new Map<string, ScalarValue>([
  ...["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"].map((word) => [word, true] as const),
  ...["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"].map((word) => [word, false] as const),
  ...["", "~", "null", "Null", "NULL"].map((word) => [word, null] as const),
  ...[".nan", ".NaN", ".NAN"].map((word) => [word, Number.NaN] as const),
  ...[".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"].map((word) => [word, Infinity] as const),
  ...["-.inf", "-.Inf", "-.INF"].map((word) => [word, -Infinity] as const),
]);

const floating = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;

// Go reports a float that is out of range as an error, and yaml then takes the text.
function finite(text: string): number | undefined {
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/** Go's `strconv.ParseInt(text, 0, 64)`, then `ParseUint`; decimal numbers beyond 64 bits stay exact. */
function integer(text: string): bigint | undefined {
  const [, sign, digits] = /^([-+]?)(0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|0[0-7]*|[1-9][0-9]*)$/.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const size = BigInt(/^0[0-7]/.test(digits) ? `0o${digits}` : digits);
  const value = sign === "-" ? -size : size;
  const fits = value >= -(2n ** 63n) && value < (sign === "" ? 2n ** 64n : 2n ** 63n);
  return fits || /^[1-9]/.test(digits) ? value : undefined;
}

/** A map key as text, as sigs.k8s.io/yaml turns it into a JSON key; undefined when it cannot be one. */
export function keyText(value: ScalarValue): string | undefined {
  if (value === null) return undefined;
  if (typeof value === "number" || (typeof value === "bigint" && !inRange(value, -(2n ** 63n), 2n ** 64n))) {
    return floatKey(Number(value));
  }
  return typeof value === "bigint" && value >= 2n ** 63n ? undefined : String(value);
}

/** Go's `FormatFloat(value, 'g', -1, 32)`: the shortest text that is the same 32-bit float. */
function floatKey(value: number): string {
  if (Number.isNaN(value)) return ".nan";
  const single = Math.fround(value);
  if (!Number.isFinite(single)) return single > 0 ? ".inf" : "-.inf";
  // Nine digits tell any two 32-bit floats apart.
  const shortest = [0, 1, 2, 3, 4, 5, 6, 7, 8]
    .map((decimals) => single.toExponential(decimals))
    .find((text) => Math.fround(Number(text)) === single);
  const [mantissa = "", exponent = ""] = (shortest ?? "").split("e");
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(Number(shortest));
  return `${mantissa}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}
