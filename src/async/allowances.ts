/** How often each of many may do something: so many times at once, and so many in a second after that. */
export interface Allowance {
  readonly atOnce: number;
  readonly perSecond: number;
}

export interface Allowances {
  /** Whether there is some left. */
  readonly has: (key: string) => boolean;
  /** Takes one, whether there is any or not. */
  readonly spend: (key: string) => void;
  /** Takes one, if there is any. */
  readonly take: (key: string) => boolean;
}

/** `now`: milliseconds. Of more keys than `mostKeys` the one that spent longest ago begins anew. */
export function allowances({ atOnce, perSecond }: Allowance, now: () => number, mostKeys = 16_384): Allowances {
  const spent = new Map<string, { readonly left: number; readonly at: number }>();
  const left = (key: string): number => {
    const entry = spent.get(key);
    if (entry === undefined) return atOnce;
    return Math.min(atOnce, entry.left + (Math.max(0, now() - entry.at) * perSecond) / 1000);
  };
  const has = (key: string): boolean => left(key) >= 1;
  const spend = (key: string): void => {
    const rest = Math.max(0, left(key) - 1);
    spent.delete(key);
    spent.set(key, { left: rest, at: now() });
    const oldest = spent.size > mostKeys ? spent.keys().next().value : undefined;
    if (oldest !== undefined) spent.delete(oldest);
  };
  return {
    has,
    spend,
    take: (key) => {
      const isThere = has(key);
      if (isThere) spend(key);
      return isThere;
    },
  };
}
