/** Weights of a split, as resources say them and as the proxy is told them. */
import type { Json } from "../base/json/json.ts";
import { billionths } from "../base/scalars/quantity.ts";

/** Of all weights together: the proxy adds them up in 32 bits, and ends the task in which that does not fit. */
const mostWeight = 2 ** 31;

/** The longest that means something has some twenty characters. */
const longestQuantity = 64;

/** So many times what 32 bits hold, and no number that is none after a multiplication. */
const largest = 1e300;

/**
 * Thousandths of a number, or of a quantity such as `500m`, as SMI's versions have one or the other; undefined: neither,
 * or negative. What is above 0 stays so.
 */
export function thousandths(value: Json | undefined): number | undefined {
  if (typeof value === "number") return value >= 0 ? roundedUp(Math.min(value, largest) * 1000) : undefined;
  const size = typeof value === "string" && value.length <= longestQuantity ? billionths(value) : undefined;
  return size === undefined || size < 0n ? undefined : roundedUp(Math.min(Number(size), largest) / 1e6);
}

const roundedUp = (size: number): number => (size > 0 ? Math.max(1, Math.round(size)) : 0);

/** In the same ratios, within rounding: whole numbers from 1, together at most `mostWeight`. Each is above 0. */
export function fitted(weights: readonly number[]): readonly number[] {
  const sum = weights.reduce((all, each) => all + each, 0);
  // Those that would be less than 1 are more than their share then.
  const factor = sum <= mostWeight ? 1 : sum / (mostWeight - weights.length);
  return weights.map((each) => Math.max(1, Math.floor(each / factor)));
}
