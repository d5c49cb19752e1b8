/**
 * Amounts of CPU and memory that Kubernetes takes, and that nobody means: a slip of the unit, mostly. They are used, and
 * their author is asked.
 */
import { billionths } from "../../base/scalars/quantity.ts";
import { quoted } from "../../base/text/quote.ts";

/** No machine has as many: `100M` for `100m`. */
export function doubtfulCores(text: string): string | undefined {
  const cores = (billionths(text) ?? 0n) / billion;
  if (cores < mostCores) return undefined;
  const meant = text.endsWith("M") ? didYouMean(`${text.slice(0, -1)}m`) : "";
  return `${quoted(text)} is ${cores} cores${meant}`;
}

/** No container runs in so little: `20` for `20Mi`, `1m` for `1Mi`. Zero is no limit. */
export function doubtfulBytes(text: string): string | undefined {
  const amount = billionths(text) ?? 0n;
  if (amount <= 0n || amount >= leastBytes * billion) return undefined;
  const number = /^[+]?([0-9]+(?:\.[0-9]+)?)/.exec(text)?.[1];
  const size = amount < billion ? "less than a byte" : `${amount / billion} byte${amount / billion === 1n ? "" : "s"}`;
  return `${quoted(text)} is ${size}${number === undefined ? "" : didYouMean(`${number}Mi`)}`;
}

const didYouMean = (text: string): string => `; did you mean ${text}?`;

const billion = 1_000_000_000n;
const mostCores = 1_024n;
const leastBytes = 1_048_576n;
