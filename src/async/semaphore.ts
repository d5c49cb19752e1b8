/** So many at once, and so many waiting for their turn. */

export interface SemaphoreLimits {
  readonly most: number;
  /** More than these are turned away at once. */
  readonly mostWaiting: number;
}

export interface Semaphore {
  /** Runs when it is its turn; `undefined`: turned away. Who gave up meanwhile is passed over, also with `undefined`. */
  readonly run: <Value>(work: () => Promise<Value>, gaveUp?: () => boolean) => Promise<Value | undefined>;
  readonly inFlight: () => number;
  readonly waiting: () => number;
}

export function semaphore({ most, mostWaiting }: SemaphoreLimits): Semaphore {
  let inFlight = 0;
  const waiting = new Set<() => void>();
  const next = (): void => {
    const [first] = waiting;
    if (first === undefined) {
      inFlight -= 1;
      return;
    }
    waiting.delete(first);
    first();
  };
  return {
    run: async (work, gaveUp = () => false) => {
      if (inFlight < most) inFlight += 1;
      else if (waiting.size >= mostWaiting) return undefined;
      else await new Promise<void>((resolve) => void waiting.add(resolve));
      try {
        return gaveUp() ? undefined : await work();
      } finally {
        next();
      }
    },
    inFlight: () => inFlight,
    waiting: () => waiting.size,
  };
}
