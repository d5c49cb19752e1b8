/** Values that are named by another value, which may change: such as a target as this client is to see it. */
import type { ClusterView } from "./cluster.ts";
import type { Live } from "./live.ts";

interface Followed<Value> {
  readonly key: string;
  readonly make: (view: ClusterView) => Value;
}

/** Tells the value now and whenever it is another one, until the function that is returned is called. */
export type Following<Value> = (onValue: (value: Value) => void) => () => void;

export const following =
  <Value>(live: Live, { key, make }: Followed<Value>): Following<Value> =>
  (onValue) =>
    live.follow(key, make, onValue);

/** Follows what the value of the first names. */
export const combined =
  <Named, Value>(first: Following<Named>, second: (named: Named) => Following<Value>): Following<Value> =>
  (onValue) => {
    let endSecond = (): void => undefined;
    let isOver = false;
    const endFirst = first((named) => {
      const end = second(named)(onValue);
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
  };
