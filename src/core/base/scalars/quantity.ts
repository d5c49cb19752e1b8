/** CPU and memory amounts such as `250m` or `1Gi` (Kubernetes' resource.ParseQuantity). */
import { parseInt64 } from "./numbers.ts";

/** A quantity that Kubernetes accepts: `value` · 10^`scale`, or one that needs more than a 64-bit integer and a scale. */
export type Quantity =
  { readonly kind: "small"; readonly value: bigint; readonly scale: number } | { readonly kind: "large" };

/** What Kubernetes accepts, `undefined` for the rest. Nothing is trimmed. */
export function parseQuantity(text: string): Quantity | undefined {
  if (text === "") return undefined;
  const [number = "", sign, whole = "", fraction = ""] = /^([+-]?)([0-9]*)(?:\.([0-9]*))?/.exec(text) ?? [];
  const unit = parseSuffix(text.slice(number.length));
  if (unit === undefined) return undefined;
  const digits = whole.replace(/^0+/, "") || "0";
  const small = smallQuantity(digits, fraction, unit);
  if (small !== undefined) return sign === "-" ? { ...small, value: -small.value } : small;
  // Without any digit only the short way reads a zero: `Ki` is 0, but `Pi` is refused.
  return whole + fraction === "" ? undefined : { kind: "large" };
}

/**
 * The quantity in whole cores, rounded up away from zero. `undefined` when Linkerd cannot tell: beyond 64 bit, more than
 * 18 digits, finer than nano, a fraction with a binary suffix, or a binary suffix on a number of too many digits.
 */
export function wholeCores(quantity: Quantity): number | undefined {
  if (quantity.kind === "large") return undefined;
  const { value, scale } = quantity;
  if (scale < 0) return Number(roundedUp(value, 10n ** BigInt(-scale)));
  if (value === 0n) return 0;
  // 10^19 is beyond 64 bit already, and an exponent of nine digits must not be computed.
  const cores = scale > 18 ? undefined : value * 10n ** BigInt(scale);
  return cores === undefined || BigInt.asIntN(64, cores) !== cores ? undefined : Number(cores);
}

/**
 * The amount in billionths, rounded up as Kubernetes does. `undefined`: no quantity, or one whose exponent no amount
 * needs: writing it out would cost whoever does.
 */
export function billionths(text: string): bigint | undefined {
  if (parseQuantity(text) === undefined) return undefined;
  const [number = "", sign, whole = "", fraction = ""] = /^([+-]?)([0-9]*)(?:\.([0-9]*))?/.exec(text) ?? [];
  const unit = parseSuffix(text.slice(number.length));
  if (unit === undefined || Math.abs(unit.exponent) > mostExponent) return undefined;
  const digits = BigInt(whole + fraction || "0") * (unit.base === 2 ? 1n << BigInt(unit.exponent) : 1n);
  const scale = (unit.base === 10 ? unit.exponent : 0) - fraction.length - NANO;
  const size = scale >= 0 ? digits * 10n ** BigInt(scale) : roundedUp(digits, 10n ** BigInt(-scale));
  return sign === "-" ? -size : size;
}

// The largest suffix is Ei, 2^60.
const mostExponent = 100;

interface Unit {
  readonly base: 2 | 10;
  readonly exponent: number;
}

const suffixes: ReadonlyMap<string, Unit> = new Map<string, Unit>([
  ...["n", "u", "m", "", "k", "M", "G", "T", "P", "E"].map(decimalUnit),
  ...["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"].map(binaryUnit),
]);

function decimalUnit(suffix: string, index: number): [string, Unit] {
  return [suffix, { base: 10, exponent: 3 * index - 9 }];
}

function binaryUnit(suffix: string, index: number): [string, Unit] {
  return [suffix, { base: 2, exponent: 10 * (index + 1) }];
}

function parseSuffix(text: string): Unit | undefined {
  const known = suffixes.get(text);
  if (known !== undefined) return known;
  const exponent = /^[eE]/.test(text) ? parseInt64(text.slice(1)) : undefined;
  return exponent === undefined ? undefined : { base: 10, exponent: int32(exponent) };
}

/** Kubernetes keeps exponents in 32 bit and lets them wrap around. */
const int32 = (n: bigint | number): number => Number(BigInt.asIntN(32, BigInt(n)));

const NANO = -9;

/** The short way: what fits an integer of 18 digits and a scale of nano or coarser. */
function smallQuantity(digits: string, fraction: string, { base, exponent }: Unit) {
  if (room(digits, fraction, base, exponent) < 0) return undefined;
  const scale = int32((base === 10 ? exponent : 0) - fraction.length);
  if (scale < NANO) return undefined;
  const value = BigInt(digits + fraction) * (base === 2 ? 1n << BigInt(exponent) : 1n);
  return { kind: "small", value, scale } as const;
}

/** How many more digits there could be, negative when there are too many: Kubernetes' own estimate. */
const room = (digits: string, fraction: string, base: 2 | 10, exponent: number): number => {
  if (base === 10) return 18 - digits.length - fraction.length;
  return fraction === "" ? 14 - digits.length - (exponent * 3) / 10 : -1;
};

const roundedUp = (value: bigint, divisor: bigint): bigint => {
  const cut = value / divisor;
  if (value % divisor === 0n) return cut;
  return value < 0n ? cut - 1n : cut + 1n;
};
