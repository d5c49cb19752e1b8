/**
 * Values made of the cluster that are made again when something they read has changed. One value serves everybody who
 * asks for the same: it is made once per change, however many follow it, and forgotten with the last of them.
 *
 * Long work is done in pieces. Where a piece is over, the value that is being made is put off and begun again later, from
 * the cluster as it is then; what it is made of (`view.shared`) is kept meanwhile, so each attempt gets further.
 */
import type { ClusterView } from "./cluster.ts";
import { equal } from "../base/json/equal.ts";
import type { ClusterIndex } from "./index.ts";
import { clusterIndex } from "./index.ts";

export interface Live {
  readonly index: Omit<ClusterIndex, "view"> & { readonly view: () => ClusterView };
  /**
   * The value of `make` now, and whenever it is another one; the first one comes later where it is much work. `key` names
   * the target: equal keys share one value. Ends with the function that is returned. `later`: it is made again when
   * nothing else is left to be, and in one piece of work of many.
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
  /** Undefined: it was put off whenever it was begun. */
  made: Made | undefined;
  /** How often it was, since it was made last. */
  putOff: number;
  read: ReadonlySet<string>;
  readonly followers: Set<Follower>;
}

interface Made {
  readonly value: unknown;
}

/** An object, since the same function may follow a target twice. */
interface Follower {
  readonly onValue: (value: never) => void;
  hasHeard: boolean;
}

/** After so often a value that changes faster than it is made has longer pieces, and is told late where they do not do. */
export const mostPutOff = 100;
/** So many times as long. */
export const longerPiece = 4;

/** Of so many pieces one begins with what may come later. */
const laterEvery = 16;

/** Is thrown through what makes a value, which keeps nothing of it. */
class PutOff extends Error {}

/** Whether a piece of work, or one that is so many times as long, is over. */
type IsEnough = (times?: number) => boolean;

export interface LiveOptions {
  /**
   * Is told what a value threw when it was to be made again, or a follower that was told it: a bug of ours, but one
   * strange object must not end what serves all others. The value stays as it was.
   */
  readonly onFault?: (key: string, error: unknown) => void;
  /** Begins a piece of work, and tells when there was enough of it: the rest is scheduled. */
  readonly piece?: () => IsEnough;
}

/**
 * Runs what it is given soon: changes that come together are answered together. `isMore`: a piece of work was just over,
 * and this is the next one.
 */
export type Schedule = (run: () => void, isMore: boolean) => void;

export function liveCluster(schedule: Schedule, options: LiveOptions = {}): Live {
  const { onFault = rethrown, piece = unbounded } = options;
  const targets = new Map<string, Target>();
  const attempt = attempts(onFault);
  const work = pieces(schedule, piece);
  const making = makingOf({
    targets,
    attempt,
    isEnough: work.isEnough,
    view: (read) => index.view(read),
    addStale: (target) => stale.add(target),
    takeStale: (target) => stale.take(target),
  });
  const stale = staleTargets({ schedule, work, targets, renew: making.renew, readersOf: making.readersOf });
  const index = clusterIndex((keys) => {
    for (const key of keys) for (const target of making.readersOf(key)) stale.add(target);
  });

  /** Whether it is what the cluster is now; else it is told later. */
  function isNow(target: Target, isKnown: boolean): boolean {
    // One that was put off has its turn coming: thousands who ask for it are no reason to go on with it at once.
    if (target.putOff > 0) return false;
    const isDone = orPutOff(() => {
      // A change that nobody has been told of yet must not be missed by who comes now.
      if (isKnown) return stale.take(target) || stale.isBehind(target.read) ? making.renew(target) : undefined;
      if (work.isEnough()) throw new PutOff();
      making.begin(target);
    });
    if (!isDone) stale.add(target);
    return isDone;
  }

  return {
    index: { ...index, view: () => index.view() },
    follow: (key, make, onValue, { later = false } = {}) => {
      const known = targets.get(key);
      const target = known ?? making.added({ key, rank: later ? "later" : "soon", make });
      const isTold = work.run(() => isNow(target, known !== undefined));
      const follower: Follower = { onValue, hasHeard: false };
      target.followers.add(follower);
      const leave = (): void => {
        target.followers.delete(follower);
        if (target.followers.size === 0 && targets.get(key) === target) making.drop(target);
      };
      const { made } = target;
      if (isTold && made !== undefined) orUndo(() => tell(follower, made.value), leave);
      return leave;
    },
    targets: () => [...targets.values()].filter(({ rank }) => rank !== "shared").length,
  };
}

interface MakingNeeds {
  readonly targets: Map<string, Target>;
  readonly attempt: ReturnType<typeof attempts>;
  readonly isEnough: IsEnough;
  readonly view: (read: Set<string>) => ClusterView;
  readonly addStale: (target: Target) => void;
  readonly takeStale: (target: Target) => boolean;
}

/** How targets are made, of the cluster and of each other. */
function makingOf({ targets, attempt, isEnough, view, addStale, takeStale }: MakingNeeds) {
  /** The outermost first. */
  const making = new Set<Target>();
  const readers = readersOf((key) => {
    const target = targets.get(key);
    if (target?.rank === "shared") drop(target);
  });

  /** Throws `PutOff`: it is still to be made, and stale. */
  function renew(target: Target): void {
    const next = attempt(target, () => made(target));
    if (next === undefined) return;
    const isOther = target.made === undefined || !equal(next.value, target.made.value);
    const now = isOther ? next : (target.made ?? next);
    target.made = now;
    if (isOther) for (const reader of readers.of(target.key)) if (!making.has(reader)) addStale(reader);
    const followers = [...target.followers];
    for (const follower of followers) {
      // A follower may have made it stale, and another have asked for it: all have been told what is newer.
      if (target.made !== now) return;
      // Who came meanwhile has been told already; who has left wants to hear no more.
      if (target.followers.has(follower) && (isOther || !follower.hasHeard))
        attempt(target, () => tell(follower, now.value));
    }
  }

  /** Its value now. */
  function made(target: Target): unknown {
    const read = new Set<string>();
    making.add(target);
    try {
      const shared: ClusterView["shared"] = (key, make) => sharedValue(read, key, make);
      const value = target.make({ ...view(read), shared, rest });
      target.putOff = 0;
      return value;
    } catch (error) {
      if (error instanceof PutOff) {
        target.putOff += 1;
        // What it is made of is kept for the next attempt, also what this one did not get to.
        for (const key of target.read) read.add(key);
        addStale(target);
      }
      throw error;
    } finally {
      making.delete(target);
      // What it read until it threw may change, too.
      readers.read(target, read);
    }
  }

  function rest(): void {
    const isLate = making.values().some(({ putOff }) => putOff >= mostPutOff);
    if (isEnough(isLate ? longerPiece : 1)) throw new PutOff();
  }

  function sharedValue<Value>(read: Set<string>, name: string, make: (view: ClusterView) => Value): Value {
    const key = `shared ${name}`;
    read.add(key);
    const known = targets.get(key);
    const isStale = known !== undefined && takeStale(known);
    // Who asks under a key gets what `make` of that key gives: keys are as good as types here.
    if (known?.made !== undefined && !isStale) return known.made.value as Value;
    const target = known ?? added({ key, rank: "shared", make });
    if (target.made === undefined) begin(target);
    else renew(target);
    // Only here is a value put off: when something of it was made that is kept.
    rest();
    return target.made?.value as Value;
  }

  function added(of: Pick<Target, "key" | "rank" | "make">): Target {
    const target: Target = { ...of, made: undefined, putOff: 0, read: new Set(), followers: new Set() };
    targets.set(target.key, target);
    return target;
  }

  /** Makes its first value. Throws what that throws, and forgets the target then, unless it is put off. */
  function begin(target: Target): void {
    try {
      target.made = { value: made(target) };
    } catch (error) {
      if (!(error instanceof PutOff)) drop(target);
      throw error;
    }
  }

  function drop(target: Target): void {
    if (targets.get(target.key) === target) targets.delete(target.key);
    takeStale(target);
    readers.read(target, new Set());
  }

  return { renew, begin, added, drop, readersOf: readers.of };
}

/** False: it was put off. */
function orPutOff(work: () => void): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if (error instanceof PutOff) return false;
    throw error;
  }
}

/** The piece of work that is under way: all who come in one turn have one together. */
function pieces(schedule: Schedule, begin: () => IsEnough) {
  let now: IsEnough | undefined;
  return {
    isEnough: (times?: number): boolean => now?.(times) === true,
    /** In the piece that is under way, or in one that lasts until what is scheduled has its turn. */
    run: <Value>(work: () => Value): Value => {
      if (now === undefined) {
        const piece = begin();
        now = piece;
        schedule(() => {
          if (now === piece) now = undefined;
        }, false);
      }
      return work();
    },
    /** In one of its own. */
    anew: (work: () => void): void => {
      now = begin();
      try {
        work();
      } finally {
        now = undefined;
      }
    },
  };
}

interface StaleNeeds {
  readonly schedule: Schedule;
  readonly work: Pick<ReturnType<typeof pieces>, "isEnough" | "anew">;
  readonly targets: ReadonlyMap<string, Target>;
  readonly renew: (target: Target) => void;
  readonly readersOf: (key: string) => Iterable<Target>;
}

/** Targets that are to be made again, in pieces of work. */
function staleTargets({ schedule, work, targets, renew, readersOf: readers }: StaleNeeds) {
  const stale = { shared: new Set<Target>(), soon: new Set<Target>(), later: new Set<Target>() };
  let scheduled = false;
  let pieces = 0;

  function add(target: Target): void {
    if (stale[target.rank].has(target)) return;
    stale[target.rank].add(target);
    // A shared value that is made of it must not be taken for new meanwhile.
    for (const reader of target.rank === "shared" ? readers(target.key) : []) if (reader.rank === "shared") add(reader);
    if (scheduled) return;
    scheduled = true;
    schedule(settle, false);
  }

  function settle(): void {
    try {
      work.anew(renewSome);
    } finally {
      scheduled = Object.values(stale).some(({ size }) => size > 0);
      if (scheduled) schedule(settle, true);
    }
  }

  /**
   * Shared values first: who reads them may stay as it is. Every other piece begins with the rest, or whoever changes what
   * very many shared values are made of would keep everybody else from being told; now and then one begins with what may
   * come later, or whoever always changes something would keep that from ever being made.
   */
  function renewSome(): void {
    pieces = (pieces + 1) % laterEvery;
    const { shared, soon, later } = stale;
    const first = pieces % 2 === 1 ? [shared, soon] : [soon, shared];
    for (const due of pieces === 0 ? [later, ...first] : [...first, later]) {
      // What followers change or begin to follow meanwhile is seen: a Set is walked to its end as it is then.
      for (const target of due) {
        due.delete(target);
        if (!orPutOff(() => renew(target)) || work.isEnough()) return;
      }
    }
  }

  /** Whether a shared value that is read under one of these keys is still to be made again. */
  function isBehind(read: ReadonlySet<string>): boolean {
    if (stale.shared.size === 0) return false;
    if (stale.shared.size < read.size) return stale.shared.values().some(({ key }) => read.has(key));
    return read.values().some((key) => {
      const target = targets.get(key);
      return target !== undefined && stale.shared.has(target);
    });
  }

  /** `take`: it is one of them, and now somebody else makes it. */
  return { add, isBehind, take: (target: Target): boolean => stale[target.rank].delete(target) };
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
      if (error instanceof PutOff) throw error;
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
const tell = (follower: Follower, value: unknown): void => {
  follower.hasHeard = true;
  (follower.onValue as (value: unknown) => void)(value);
};
