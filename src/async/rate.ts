/** How often something may be done: so many times at once, and so many a second in the long run. */
import { Recent } from "../core/base/memory/recent.ts";

export interface Rate {
  readonly atOnce: number;
  readonly perSecond: number;
}

/** Each may be asked for several at once, of which there are never more than `atOnce`. */
export interface Bucket {
  /** False: not now, and nothing is taken. */
  readonly take: (count?: number) => boolean;
  /** They were taken, and cost nothing after all. */
  readonly giveBack: (count?: number) => void;
  /** Milliseconds until they may be taken; 0: now. */
  readonly wait: (count?: number) => number;
}

/** `now`: milliseconds. */
export function bucket({ atOnce, perSecond }: Rate, now: () => number): Bucket {
  let left = atOnce;
  let at = now();
  const refill = (): void => {
    const time = now();
    left = Math.min(atOnce, left + (Math.max(0, time - at) * perSecond) / 1000);
    at = time;
  };
  return {
    take: (count = 1) => {
      refill();
      if (left < count) return false;
      left -= count;
      return true;
    },
    giveBack: (count = 1) => {
      left = Math.min(atOnce, left + count);
    },
    wait: (count = 1) => {
      refill();
      return left >= count ? 0 : Math.ceil(((count - left) * 1000) / perSecond);
    },
  };
}

/** Buckets that are remembered; the one that was asked longest ago is full when it is asked again. */
const mostBuckets = 16_384;

/** A bucket for each of many, by name. */
export function buckets(rate: Rate, now: () => number, most = mostBuckets): (name: string) => Bucket {
  const recent = new Recent<Bucket>(most);
  return (name) => {
    const found = recent.get(name);
    if (found !== undefined) return found.value;
    const made = bucket(rate, now);
    recent.set(name, made);
    return made;
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
  const bucketOf = buckets(each, now, mostNamespaces);
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
