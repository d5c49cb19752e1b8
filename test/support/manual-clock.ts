/** A clock that a test moves by hand. */
import type { Clock } from "../../src/async/clock.ts";
import { piecesOfProcess } from "../../src/async/pieces-of-work.ts";

export interface ManualClock extends Clock {
  /** So much later; whatever comes of it has happened when this resolves. */
  readonly advance: (milliseconds: number) => Promise<void>;
  /** How long the parts that wait now will still wait. */
  readonly waits: () => readonly number[];
}

/** Promises and callbacks that are due now have run, also those that wait for a piece of work on a busy machine. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5 || piecesOfProcess.waiting() > 0; turn += 1)
    await new Promise((resolve) => void setImmediate(resolve));
}

export function manualClock(): ManualClock {
  let now = 0;
  const waits = new Set<{ readonly at: number; readonly end: () => void }>();
  return {
    now: () => now,
    wait: (milliseconds, signal) =>
      new Promise((resolve) => {
        const wait = {
          at: now + milliseconds,
          end: () => {
            waits.delete(wait);
            signal.removeEventListener("abort", wait.end);
            resolve();
          },
        };
        if (signal.aborted) return resolve();
        waits.add(wait);
        signal.addEventListener("abort", wait.end);
      }),
    advance: async (milliseconds) => {
      await settled();
      const until = now + milliseconds;
      for (;;) {
        const [next] = [...waits].filter(({ at }) => at <= until).toSorted((a, b) => a.at - b.at);
        if (next === undefined) break;
        now = Math.max(now, next.at);
        next.end();
        await settled();
      }
      now = until;
      await settled();
    },
    waits: () => [...waits].map(({ at }) => at - now).toSorted((a, b) => a - b),
  };
}
