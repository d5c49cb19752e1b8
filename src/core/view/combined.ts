/** Values that are named by another value, which may change: such as a target as this client is to see it. */
import type { ClusterView } from "./cluster.ts";
import type { Live } from "./live.ts";

export interface Followed<Value> {
  readonly key: string;
  readonly make: (view: ClusterView) => Value;
}

/** Follows what the value of the first names. */
export function combined<Named, Value>(
  live: Live,
  first: Followed<Named>,
  second: (named: Named) => Followed<Value>,
  onValue: (value: Value) => void,
): () => void {
  let endSecond = (): void => undefined;
  let isOver = false;
  const endFirst = live.follow(first.key, first.make, (named) => {
    const { key, make } = second(named);
    const end = live.follow(key, make, onValue);
    endSecond();
    endSecond = end;
    // Its first value may have been the last that was wanted.
    if (isOver) end();
  });
  return () => {
    isOver = true;
    endFirst();
    endSecond();
  };
}
