/**
 * Work in turns: whoever asks for much waits behind itself, not before others. Of each key one piece is done, then one of
 * the next key; after a while of that the process looks at its sockets. A key may be held up although nobody else asks:
 * what its pieces lead to takes the processor, too.
 */
import { buckets } from "../async/rate.ts";
import type { Rate } from "../async/rate.ts";

export interface TurnsOptions {
  /** Runs what it is given soon, after sockets were looked at; where all that waits is held up, some time later. */
  readonly schedule?: (run: () => void, isHeld: boolean) => void;
  /** Milliseconds. */
  readonly now?: () => number;
  /** Whether a piece of this key may be done now, which then is done. */
  readonly may?: (key: string) => boolean;
}

/** Milliseconds between two looks at the sockets. */
const slice = 5;

const defaultSchedule = (run: () => void, isHeld: boolean): void => {
  if (isHeld) setTimeout(run, slice).unref();
  else setImmediate(run);
};

/** Of each key so many pieces at once, and so many in a second after that. */
export function pacedBy(rate: Rate, now: () => number): NonNullable<TurnsOptions["may"]> {
  const bucketOf = buckets(rate, now);
  return (key) => bucketOf(key).take();
}

export class Turns {
  readonly #queues = new Map<string, Set<() => void>>();
  readonly #schedule: NonNullable<TurnsOptions["schedule"]>;
  readonly #now: () => number;
  readonly #may: (key: string) => boolean;
  #scheduled = false;

  constructor({ schedule = defaultSchedule, now = () => performance.now(), may = () => true }: TurnsOptions = {}) {
    this.#schedule = schedule;
    this.#now = now;
    this.#may = may;
  }

  /** The function that is returned takes the work back: whether it was still waiting. */
  run(key: string, work: () => void): () => boolean {
    const queue = this.#queues.get(key) ?? new Set();
    this.#queues.set(key, queue.add(work));
    this.#continue(false);
    return () => queue.delete(work);
  }

  /** Pieces of this key that have not been done. */
  waiting(key: string): number {
    return this.#queues.get(key)?.size ?? 0;
  }

  #continue(isHeld: boolean): void {
    if (this.#scheduled || this.#queues.size === 0) return;
    this.#scheduled = true;
    this.#schedule(() => {
      this.#scheduled = false;
      this.#continue(!this.#drain(this.#now() + slice));
    }, isHeld);
  }

  /** False: all that is left is held up. */
  #drain(until: number): boolean {
    for (const [key, queue] of this.#queues) {
      const [work] = queue;
      if (work !== undefined && !this.#may(key)) continue;
      this.#queues.delete(key);
      if (work === undefined) continue;
      queue.delete(work);
      // To the end: a Map is walked in the order in which its keys came, those too that come meanwhile.
      if (queue.size > 0) this.#queues.set(key, queue);
      work();
      if (this.#now() >= until) return true;
    }
    return false;
  }
}
