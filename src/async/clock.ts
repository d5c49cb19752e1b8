/** Time as parts ask for it: the caller brings it, so that tests need not wait. */
import { setTimeout as sleep } from "node:timers/promises";

export interface Clock {
  /** Milliseconds since some moment; never goes back. */
  readonly now: () => number;
  /** Resolves after so many milliseconds, or when the signal aborts. Keeps no process alive. */
  readonly wait: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

const clock = (ref: boolean): Clock => ({
  now: () => performance.now(),
  wait: async (milliseconds, signal) => {
    try {
      await sleep(milliseconds, undefined, { signal, ref });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  },
});

export const realClock = clock(false);

/** Of a command that has nothing but its waiting to do for a time: a wait keeps the process. */
export const clockOfCommand = clock(true);
