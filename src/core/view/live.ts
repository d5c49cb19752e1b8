/**
 * Values made of the cluster that are made again when something they read has changed. One value serves everybody who
 * asks for the same: it is made once per change, however many follow it, and forgotten with the last of them.
 */
import type { ClusterView } from "./cluster.ts";
import { equal } from "../base/json/equal.ts";
import type { ClusterIndex } from "./index.ts";
import { clusterIndex } from "./index.ts";

export interface Live {
  readonly index: Omit<ClusterIndex, "view"> & { readonly view: () => ClusterView };
  /**
   * The value of `make` now, and whenever it is another one. `key` names the target: equal keys share one value. Ends
   * with the function that is returned. `later`: it is made again when nothing else is left to be.
   */
  readonly follow: <Value>(
    key: string,
    make: (view: ClusterView) => Value,
    onValue: (value: Value) => void,
    options?: { readonly later?: boolean },
  ) => () => void;
  /** Targets that are followed now. */
  readonly targets: () => number;
}

interface Target {
  readonly key: string;
  /** `shared`: it is made for other values, and kept for as long as one of them reads it. */
  readonly rank: "shared" | "soon" | "later";
  readonly make: (view: ClusterView) => unknown;
  value: unknown;
  read: ReadonlySet<string>;
  readonly followers: Set<Follower>;
}

/** An object, since the same function may follow a target twice. */
interface Follower {
  readonly onValue: (value: never) => void;
}

export interface LiveOptions {
  /**
   * Is told what a value threw when it was to be made again, or a follower that was told it: a bug of ours, but one
   * strange object must not end what serves all others. The value stays as it was.
   */
  readonly onFault?: (key: string, error: unknown) => void;
  /** Begins a piece of work, and tells when there was enough of it: the rest is scheduled. */
  readonly piece?: () => () => boolean;
}

/** `schedule` runs what it is given soon: changes that come together are answered together. */
export function liveCluster(schedule: (run: () => void) => void, options: LiveOptions = {}): Live {
  const { onFault = rethrown, piece = unbounded } = options;
  const targets = new Map<string, Target>();
  const readers = readersOf((key) => {
    const target = targets.get(key);
    if (target?.rank === "shared") drop(target);
  });
  const making = new Set<Target>();
  const attempt = attempts(onFault);
  const stale = staleTargets({ schedule, piece, renew, readersOf: readers.of });

  const index = clusterIndex((keys) => {
    for (const key of keys) for (const target of readers.of(key)) stale.add(target);
  });

  function renew(target: Target): void {
    const next = attempt(target, () => made(target));
    if (next === undefined || equal(next.value, target.value)) return;
    const { value } = next;
    target.value = value;
    for (const reader of readers.of(target.key)) if (!making.has(reader)) stale.add(reader);
    const followers = [...target.followers];
    for (const follower of followers) {
      // A follower may have made it stale, and another have asked for it: all have been told what is newer.
      if (target.value !== value) return;
      // Who came meanwhile has been told already; who has left wants to hear no more.
      if (target.followers.has(follower)) attempt(target, () => tell(follower, value));
    }
  }

  /** Its value now. */
  function made(target: Target): unknown {
    const read = new Set<string>();
    making.add(target);
    try {
      return target.make({ ...index.view(read), shared: (key, make) => sharedValue(read, key, make) });
    } finally {
      making.delete(target);
      // What it read until it threw may change, too.
      readers.read(target, read);
    }
  }

  function sharedValue<Value>(read: Set<string>, name: string, make: (view: ClusterView) => Value): Value {
    const key = `shared ${name}`;
    read.add(key);
    const known = targets.get(key);
    if (known !== undefined && stale.take(known)) renew(known);
    // Who asks under a key gets what `make` of that key gives: keys are as good as types here.
    return (known ?? begun({ key, rank: "shared", make })).value as Value;
  }

  function begun(of: Pick<Target, "key" | "rank" | "make">): Target {
    const target: Target = { ...of, value: undefined, read: new Set(), followers: new Set() };
    target.value = orUndo(
      () => made(target),
      () => readers.read(target, new Set()),
    );
    targets.set(target.key, target);
    return target;
  }

  function drop(target: Target): void {
    targets.delete(target.key);
    stale.take(target);
    readers.read(target, new Set());
  }

  return {
    index: { ...index, view: () => index.view() },
    follow: (key, make, onValue, { later = false } = {}) => {
      const known = targets.get(key);
      // A change that nobody has been told of yet must not be missed by who comes now.
      if (known !== undefined && stale.take(known)) renew(known);
      const target = known ?? begun({ key, rank: later ? "later" : "soon", make });
      const follower: Follower = { onValue };
      target.followers.add(follower);
      const leave = (): void => {
        target.followers.delete(follower);
        if (target.followers.size === 0 && targets.get(key) === target) drop(target);
      };
      orUndo(() => tell(follower, target.value), leave);
      return leave;
    },
    targets: () => [...targets.values()].filter(({ rank }) => rank !== "shared").length,
  };
}

interface StaleNeeds {
  readonly schedule: (run: () => void) => void;
  readonly piece: () => () => boolean;
  readonly renew: (target: Target) => void;
  readonly readersOf: (key: string) => Iterable<Target>;
}

/** Targets that are to be made again, in pieces of work. */
function staleTargets({ schedule, piece, renew, readersOf: readers }: StaleNeeds) {
  const stale = { shared: new Set<Target>(), soon: new Set<Target>(), later: new Set<Target>() };
  let scheduled = false;

  function add(target: Target): void {
    if (stale[target.rank].has(target)) return;
    stale[target.rank].add(target);
    // A shared value that is made of it must not be taken for new meanwhile.
    for (const reader of target.rank === "shared" ? readers(target.key) : []) if (reader.rank === "shared") add(reader);
    if (scheduled) return;
    scheduled = true;
    schedule(settle);
  }

  function settle(): void {
    try {
      renewSome(piece());
    } finally {
      scheduled = Object.values(stale).some(({ size }) => size > 0);
      if (scheduled) schedule(settle);
    }
  }

  /** Shared values first: who reads them may stay as it is. */
  function renewSome(isEnough: () => boolean): void {
    for (const targets of [stale.shared, stale.soon, stale.later]) {
      // What followers change or begin to follow meanwhile is seen: a Set is walked to its end as it is then.
      for (const target of targets) {
        targets.delete(target);
        renew(target);
        if (isEnough()) return;
      }
    }
  }

  /** `take`: it is one of them, and now somebody else makes it. */
  return { add, take: (target: Target): boolean => stale[target.rank].delete(target) };
}

const rethrown = (_key: string, error: unknown): void => {
  throw error;
};

const unbounded = () => (): boolean => false;

/** Which targets read what. `onUnread`: nobody reads it any more. */
function readersOf(onUnread: (key: string) => void) {
  const readers = new Map<string, Set<Target>>();
  return {
    of: (key: string): Iterable<Target> => readers.get(key) ?? [],
    read: (target: Target, read: ReadonlySet<string>): void => {
      const before = target.read;
      target.read = read;
      for (const key of read) readers.set(key, (readers.get(key) ?? new Set<Target>()).add(target));
      for (const key of before) {
        const known = readers.get(key);
        if (read.has(key) || known === undefined) continue;
        known.delete(target);
        if (known.size > 0) continue;
        readers.delete(key);
        onUnread(key);
      }
    },
  };
}

const attempts =
  (onFault: (key: string, error: unknown) => void) =>
  <Value>({ key }: Target, work: () => Value): { readonly value: Value } | undefined => {
    try {
      return { value: work() };
    } catch (error) {
      onFault(key, error);
      return undefined;
    }
  };

function orUndo<Value>(work: () => Value, undo: () => void): Value {
  try {
    return work();
  } catch (error) {
    undo();
    throw error;
  }
}

// Who follows a key takes what `make` of that key gives: keys are as good as types here.
const tell = ({ onValue }: Follower, value: unknown): void => (onValue as (value: unknown) => void)(value);
