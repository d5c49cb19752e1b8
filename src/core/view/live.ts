/**
 * Values made of the cluster that are made again when something they read has changed. One value serves everybody who
 * asks for the same: it is made once per change, however many follow it, and forgotten with the last of them.
 */
import type { ClusterView } from "./cluster.ts";
import { equal } from "./equal.ts";
import type { ClusterIndex, Kind, Kinds } from "./index.ts";
import { clusterIndex } from "./index.ts";

export interface Live {
  readonly index: Pick<ClusterIndex, "apply" | "size"> & { readonly view: () => ClusterView };
  /**
   * The value of `make` now, and whenever it is another one. `key` names the target: equal keys share one value. Ends
   * with the function that is returned.
   */
  readonly follow: <Value>(
    key: string,
    make: (view: ClusterView) => Value,
    onValue: (value: Value) => void,
  ) => () => void;
  /** Targets that are followed now. */
  readonly targets: () => number;
}

interface Target {
  readonly key: string;
  readonly make: (view: ClusterView) => unknown;
  value: unknown;
  read: ReadonlySet<string>;
  readonly followers: Set<Follower>;
}

/** An object, since the same function may follow a target twice. */
interface Follower {
  readonly onValue: (value: never) => void;
}

/**
 * `schedule` runs what it is given soon: changes that come together are answered together. `onFault` is told what a
 * value threw when it was to be made again, or a follower that was told it: a bug of ours, but one strange object must
 * not end what serves all others. The value stays as it was.
 */
export function liveCluster(
  schedule: (run: () => void) => void,
  onFault: (key: string, error: unknown) => void = (_, error) => {
    throw error;
  },
): Live {
  const targets = new Map<string, Target>();
  const readers = readersOf((read) => index.view(read));
  const stale = new Set<Target>();
  let scheduled = false;

  const index = clusterIndex((keys) => {
    for (const key of keys) for (const target of readers.of(key)) stale.add(target);
    if (stale.size === 0 || scheduled) return;
    scheduled = true;
    schedule(settle);
  });

  function settle(): void {
    scheduled = false;
    // What followers change or begin to follow meanwhile is seen: a Set is walked to its end as it is then.
    for (const target of stale) {
      stale.delete(target);
      renew(target);
    }
  }

  function renew(target: Target): void {
    const next = attempt(target, () => readers.made(target));
    if (next === undefined || equal(next.value, target.value)) return;
    const { value } = next;
    target.value = value;
    const followers = [...target.followers];
    for (const follower of followers) {
      // A follower may have made it stale, and another have asked for it: all have been told what is newer.
      if (target.value !== value) return;
      // Who came meanwhile has been told already; who has left wants to hear no more.
      if (target.followers.has(follower)) attempt(target, () => tell(follower, value));
    }
  }

  function attempt<Value>({ key }: Target, work: () => Value): { readonly value: Value } | undefined {
    try {
      return { value: work() };
    } catch (error) {
      onFault(key, error);
      return undefined;
    }
  }

  function begun(key: string, make: (view: ClusterView) => unknown): Target {
    const target: Target = { key, make, value: undefined, read: new Set(), followers: new Set() };
    target.value = orUndo(
      () => readers.made(target),
      () => readers.forget(target),
    );
    targets.set(key, target);
    return target;
  }

  return {
    index: {
      apply: <Name extends Kind>(kind: Name, key: string, value: Kinds[Name] | undefined) =>
        index.apply(kind, key, value),
      size: index.size,
      view: () => index.view(),
    },
    follow: (key, make, onValue) => {
      const known = targets.get(key);
      // A change that nobody has been told of yet must not be missed by who comes now.
      if (known !== undefined && stale.delete(known)) renew(known);
      const target = known ?? begun(key, make);
      const follower: Follower = { onValue };
      target.followers.add(follower);
      const leave = (): void => {
        target.followers.delete(follower);
        if (target.followers.size > 0 || targets.get(key) !== target) return;
        targets.delete(key);
        stale.delete(target);
        readers.forget(target);
      };
      orUndo(() => tell(follower, target.value), leave);
      return leave;
    },
    targets: () => targets.size,
  };
}

/** Which targets read what. */
function readersOf(view: (read: Set<string>) => ClusterView) {
  const readers = new Map<string, Set<Target>>();
  const forget = (target: Target): void => {
    for (const key of target.read) {
      const known = readers.get(key);
      known?.delete(target);
      if (known?.size === 0) readers.delete(key);
    }
  };
  return {
    of: (key: string): Iterable<Target> => readers.get(key) ?? [],
    forget,
    /** Its value now. */
    made: (target: Target): unknown => {
      const read = new Set<string>();
      try {
        return target.make(view(read));
      } finally {
        // What it read until it threw may change, too.
        forget(target);
        target.read = read;
        for (const key of read) readers.set(key, (readers.get(key) ?? new Set<Target>()).add(target));
      }
    },
  };
}

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
