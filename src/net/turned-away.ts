/** Who was turned away for a bound, and whether that goes on: for `/readyz?verbose` and metrics. */
export interface TurnedAwayCounts {
  readonly count: (reason: string) => void;
  /** Somebody was, in the last minute. */
  readonly isNow: () => boolean;
  /** In words, such as `turning callers away, the last 2 s ago; since the start 7 for FLOOD`. */
  readonly says: () => string;
  /** Never fails: an attacker could make every replica unready. */
  readonly look: () => { readonly fails: false; readonly says: string };
}

/** So long it counts as going on; milliseconds. */
const recent = 60_000;

/** `now`: milliseconds. */
export function turnedAwayCounts(now: () => number): TurnedAwayCounts {
  const counts = new Map<string, number>();
  let last = -Infinity;
  const isNow = (): boolean => now() - last < recent;
  const says = (): string => {
    if (counts.size === 0) return "turned nobody away";
    const reasons = [...counts].map(([reason, count]) => `${count} for ${reason}`).join(", ");
    const seconds = Math.round((now() - last) / 1000);
    return `${isNow() ? "turning" : "turned"} callers away, the last ${seconds} s ago; since the start ${reasons}`;
  };
  return {
    count: (reason) => {
      last = now();
      counts.set(reason, (counts.get(reason) ?? 0) + 1);
    },
    isNow,
    says,
    look: () => ({ fails: false, says: says() }),
  };
}
