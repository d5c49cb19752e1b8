/** Things that come by themselves, for one reader who takes them at a pace of its own. */

export interface BoundedQueue<Item> {
  /** In the order in which they came; ends, or throws, when all has been read. For one reader. */
  readonly all: AsyncIterable<Item>;
  /** Is kept, however many wait. */
  readonly push: (item: Item) => void;
  /** Is lost where so many wait; the reader is told how many were, behind those that it has. */
  readonly pushOrLose: (item: Item) => void;
  readonly end: () => void;
  readonly fail: (error: unknown) => void;
}

export function boundedQueue<Item>(most: number, told: (lost: number) => Item): BoundedQueue<Item> {
  let waiting: Item[] = [];
  let lost = 0;
  let over: { readonly error?: unknown } | undefined;
  let wake = (): void => undefined;
  const push = (item: Item): void => {
    waiting.push(item);
    wake();
  };
  const close = (how: { readonly error?: unknown }): void => {
    over ??= how;
    wake();
  };
  async function* all(): AsyncGenerator<Item> {
    for (;;) {
      const [items, missing] = [waiting, lost];
      [waiting, lost] = [[], 0];
      yield* items;
      if (missing > 0) yield told(missing);
      if (waiting.length > 0 || lost > 0) continue;
      if (over !== undefined && "error" in over) throw over.error;
      if (over !== undefined) return;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  }
  return {
    all: all(),
    push,
    pushOrLose: (item) => {
      if (waiting.length < most) push(item);
      else lost += 1;
    },
    end: () => close({}),
    fail: (error) => close({ error }),
  };
}
