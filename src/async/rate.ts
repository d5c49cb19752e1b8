/** How often something may be done: so many times at once, and so many a second in the long run. */
import { Recent } from "./recent.ts";

export interface Rate {
  readonly atOnce: number;
  readonly perSecond: number;
}

export interface Bucket {
  /** False: not now. */
  readonly take: () => boolean;
  /** It was taken, and cost nothing after all. */
  readonly giveBack: () => void;
  /** Milliseconds until one may be taken; 0: now. */
  readonly wait: () => number;
}

/** `now`: milliseconds of a clock that never goes back. */
export function bucket({ atOnce, perSecond }: Rate, now: () => number): Bucket {
  let left = atOnce;
  let at = now();
  const refill = (): void => {
    const time = now();
    left = Math.min(atOnce, left + ((time - at) * perSecond) / 1000);
    at = time;
  };
  return {
    take: () => {
      refill();
      if (left < 1) return false;
      left -= 1;
      return true;
    },
    giveBack: () => {
      left = Math.min(atOnce, left + 1);
    },
    wait: () => {
      refill();
      return left >= 1 ? 0 : Math.ceil(((1 - left) * 1000) / perSecond);
    },
  };
}

export interface FairRate {
  readonly take: (namespace: string) => boolean;
  readonly giveBack: (namespace: string) => void;
}

/** Who has used up the share of one namespace leaves the others theirs. */
const mostNamespaces = 4096;

/** A rate for each namespace, and one for all of them. */
export function fairRate({ each, inAll }: { readonly each: Rate; readonly inAll: Rate }, now: () => number): FairRate {
  const all = bucket(inAll, now);
  const buckets = new Recent<Bucket>(mostNamespaces);
  const bucketOf = (namespace: string): Bucket => {
    const found = buckets.get(namespace) ?? bucket(each, now);
    buckets.set(namespace, found);
    return found;
  };
  return {
    take: (namespace) => {
      const own = bucketOf(namespace);
      if (!own.take()) return false;
      if (all.take()) return true;
      own.giveBack();
      return false;
    },
    giveBack: (namespace) => {
      bucketOf(namespace).giveBack();
      all.giveBack();
    },
  };
}

/** Not asked for, as too much was asked for lately. */
export class TooOften extends Error {}
