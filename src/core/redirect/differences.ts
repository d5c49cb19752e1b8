/** Rules that should stand in a chain, compared with those that do. */

export interface Difference {
  readonly kind: "missing" | "foreign" | "out of order" | "doubled";
  /** Such as `iptables nat PROXY_INIT_OUTPUT` or `inet linkerd_redirect outbound`. */
  readonly chain: string;
  /** The rule as its firewall prints it; for a whole chain its name and hook. */
  readonly rule: string;
}

export const differenceText = ({ kind, chain, rule }: Difference): string => `${chain}: ${kind}: ${rule}`;

/**
 * What has to change for `live` to become `wanted`. A longest common run of rules is taken as in place; of the others
 * one that is wanted elsewhere is out of order, or doubled when it stands in place already, and the rest is foreign.
 */
export function differences(chain: string, wanted: readonly string[], live: readonly string[]): readonly Difference[] {
  const kept = commonRun(wanted, live);
  const lost = wanted.filter((_, index) => !kept.some(([at]) => at === index));
  const found: Difference[] = [];
  for (const [index, rule] of live.entries()) {
    if (kept.some(([, at]) => at === index)) continue;
    const place = lost.indexOf(rule);
    if (place !== -1) lost.splice(place, 1);
    const kind = place !== -1 ? "out of order" : wanted.includes(rule) ? "doubled" : "foreign";
    found.push({ kind, chain, rule });
  }
  return [...lost.map((rule) => ({ kind: "missing", chain, rule }) as const), ...found];
}

/** Longest common subsequence, as pairs of places. */
function commonRun(a: readonly string[], b: readonly string[]): readonly (readonly [number, number])[] {
  // lengths[i][j]: of the longest run in what is left of a from i and of b from j.
  const lengths = Array.from({ length: a.length + 1 }, () => Array.from({ length: b.length + 1 }, () => 0));
  const length = (i: number, j: number): number => lengths[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      const row = lengths[i] ?? [];
      row[j] = a[i] === b[j] ? length(i + 1, j + 1) + 1 : Math.max(length(i + 1, j), length(i, j + 1));
    }
  }
  const pairs: (readonly [number, number])[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i] === b[j]) {
      pairs.push([i, j]);
      [i, j] = [i + 1, j + 1];
    } else if (length(i + 1, j) >= length(i, j + 1)) i += 1;
    else j += 1;
  }
  return pairs;
}
