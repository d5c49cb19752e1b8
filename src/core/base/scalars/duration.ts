/** Durations as Go writes them, such as `1m30s` (Go's time package). Exact: nanoseconds in a bigint. */

/** Nanoseconds, within 64 bit. */
export type Duration = bigint & { readonly brand: "Duration" };

/**
 * Optional sign, then one or more `number unit` with units `ns us µs μs ms s m h` and fractions allowed, or `0` alone
 * (time.ParseDuration). `undefined` for anything else and beyond 64 bit.
 */
export function parseDuration(text: string): Duration | undefined {
  const negative = text.startsWith("-");
  const unsigned = /^[+-]/.test(text) ? text.slice(1) : text;
  const total = unsigned === "0" ? 0n : sumOfTerms(unsigned);
  if (total === undefined) return undefined;
  return inRange(negative ? -total : total);
}

/** Whole milliseconds, cut toward zero. */
export const wholeMilliseconds = (duration: Duration): bigint => duration / MILLISECOND;

/** Whole seconds, cut toward zero. */
export const wholeSeconds = (duration: Duration): bigint => duration / SECOND;

/** `1001ms`. Exact, where Linkerd's detour over a float loses a unit (S-08). */
export const millisecondsText = (duration: Duration): string => `${wholeMilliseconds(duration)}ms`;

/** Whole seconds, `5s`; below one second milliseconds, `500ms`, where Linkerd writes `0s` and so turns it off (S-08). */
export const secondsText = (duration: Duration): string =>
  wholeSeconds(duration) === 0n && wholeMilliseconds(duration) !== 0n
    ? millisecondsText(duration)
    : `${wholeSeconds(duration)}s`;

/** As Go prints it: `1h0m0s`, `1m30s`, `1.5s`, `500ms`, `1.5µs`, `0s` (Duration.String). */
export function goDurationText(duration: Duration): string {
  const sign = duration < 0n ? "-" : "";
  const size: bigint = duration < 0n ? 0n - duration : duration;
  if (size === 0n) return "0s";
  for (const [unit, limit, name] of smallUnits) if (size < limit) return `${sign}${decimal(size, unit)}${name}`;
  const seconds = `${decimal(size % MINUTE, SECOND)}s`;
  const minutes = size >= MINUTE ? `${(size % HOUR) / MINUTE}m` : "";
  const hours = size >= HOUR ? `${size / HOUR}h` : "";
  return `${sign}${hours}${minutes}${seconds}`;
}

const MICROSECOND = 1_000n;
const MILLISECOND = 1_000_000n;
const SECOND = 1_000_000_000n;
const MINUTE = 60n * SECOND;
const HOUR = 60n * MINUTE;

const smallUnits = [
  [1n, MICROSECOND, "ns"],
  [MICROSECOND, MILLISECOND, "µs"],
  [MILLISECOND, SECOND, "ms"],
] as const;

const unitSizes: ReadonlyMap<string, bigint> = new Map([
  ["ns", 1n],
  ["us", MICROSECOND],
  ["\u00b5s", MICROSECOND],
  ["\u03bcs", MICROSECOND],
  ["ms", MILLISECOND],
  ["s", SECOND],
  ["m", MINUTE],
  ["h", HOUR],
]);

const inRange = (total: bigint): Duration | undefined =>
  BigInt.asIntN(64, total) === total ? (total as Duration) : undefined;

function sumOfTerms(text: string): bigint | undefined {
  const term = /([0-9]*)(?:\.([0-9]*))?([^0-9.]+)/y;
  let total = 0n;
  while (term.lastIndex < text.length) {
    const [, whole = "", fraction = "", unitName = ""] = term.exec(text) ?? [];
    const unit = unitSizes.get(unitName);
    const significant = whole.replace(/^0+/, "");
    if (unit === undefined || whole + fraction === "" || significant.length > 19) return undefined;
    total += BigInt(significant) * unit + fractionOf(fraction, unit);
  }
  return text === "" ? undefined : total;
}

const LAST_WITH_ROOM = (2n ** 63n - 1n) / 10n;

/** Go's own float arithmetic, so that the last nanosecond comes out the same; digits beyond 64 bit are not read. */
function fractionOf(digits: string, unit: bigint): bigint {
  let value = 0n;
  let scale = 1;
  for (const digit of digits) {
    if (value > LAST_WITH_ROOM) break;
    value = value * 10n + BigInt(digit);
    scale *= 10;
  }
  return BigInt(Math.trunc(Number(value) * (Number(unit) / scale)));
}

/** `1500` per `1000` is `1.5`. */
function decimal(size: bigint, unit: bigint): string {
  const digits = String(unit).length - 1;
  const fraction = String(size % unit)
    .padStart(digits, "0")
    .replace(/0+$/, "");
  return digits === 0 || fraction === "" ? String(size / unit) : `${size / unit}.${fraction}`;
}
