/** How long to wait before trying again. */
import type { Clock } from "./clock.ts";

/** Milliseconds after so many failures: doubled each time, a random half of it left away. */
export function backOff(
  failures: number,
  random: () => number,
  { first, most }: { readonly first: number; readonly most: number },
): number {
  // Beyond 2^30 nothing matters but the greatest.
  const whole = Math.min(most, first * 2 ** Math.min(30, Math.max(0, failures - 1)));
  return whole * (0.5 + random() / 2);
}

export interface Pauses {
  /** Milliseconds after the first failure, and at most. */
  readonly first: number;
  readonly most: number;
  /** Without a failure for so long a new row of them begins. */
  readonly healthyAfter: number;
}

/** Milliseconds after each failure of what is to go on for ever: ever longer, as long as they keep coming. */
export function pausesAfter(failing: Pauses, clock: Pick<Clock, "now">, random: () => number): () => number {
  let inARow = 0;
  let tryingSince = -Infinity;
  return () => {
    inARow = clock.now() - tryingSince >= failing.healthyAfter ? 1 : inARow + 1;
    const pause = backOff(inARow, random, failing);
    tryingSince = clock.now() + pause;
    return pause;
  };
}
