/**
 * Work in turns: whoever asks for much waits behind itself, not before others. Of each key one piece is done, then one of
 * the next key; after a while of that the process looks at its sockets. Where there is a pace, a key that has had more
 * than its share waits although nobody else asks: what a piece leads to later takes the processor, too.
 */
export interface TurnsOptions {
  /** Runs what it is given soon, after sockets were looked at; where all that waits is held by its pace, some time later. */
  readonly schedule?: (run: () => void, isHeld: boolean) => void;
  /** Milliseconds. */
  readonly now?: () => number;
  /** Pieces of one key: so many at once, so many in a second; undefined: no matter how many. */
  readonly pace?: TurnsPace | undefined;
}

export interface TurnsPace {
  readonly atOnce: number;
  readonly perSecond: number;
}

/** Milliseconds between two looks at the sockets. */
const slice = 5;

/** Keys whose share is remembered; whose piece was done longest ago has the whole of it again. */
const mostRemembered = 4096;

const usualSchedule = (run: () => void, isHeld: boolean): void => {
  if (isHeld) setTimeout(run, slice).unref();
  else setImmediate(run);
};

export class Turns {
  readonly #queues = new Map<string, Set<() => void>>();
  readonly #left = new Map<string, { readonly pieces: number; readonly at: number }>();
  readonly #schedule: NonNullable<TurnsOptions["schedule"]>;
  readonly #now: () => number;
  readonly #pace: TurnsPace | undefined;
  #scheduled = false;

  constructor({ schedule = usualSchedule, now = () => performance.now(), pace }: TurnsOptions = {}) {
    this.#schedule = schedule;
    this.#now = now;
    this.#pace = pace;
  }

  /** The function that is returned takes the work back: whether it was still waiting. */
  run(key: string, work: () => void): () => boolean {
    const queue = this.#queues.get(key) ?? new Set();
    this.#queues.set(key, queue.add(work));
    this.#continue(false);
    return () => queue.delete(work);
  }

  #continue(isHeld: boolean): void {
    if (this.#scheduled || this.#queues.size === 0) return;
    this.#scheduled = true;
    this.#schedule(() => {
      this.#scheduled = false;
      this.#continue(!this.#drain(this.#now() + slice));
    }, isHeld);
  }

  /** False: all that is left is held by its pace. */
  #drain(until: number): boolean {
    for (const [key, queue] of this.#queues) {
      const [work] = queue;
      if (work !== undefined && !this.#spend(key)) continue;
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

  #spend(key: string): boolean {
    if (this.#pace === undefined) return true;
    const { atOnce, perSecond } = this.#pace;
    const now = this.#now();
    const { pieces, at } = this.#left.get(key) ?? { pieces: atOnce, at: now };
    const left = Math.min(atOnce, pieces + ((now - at) * perSecond) / 1000);
    if (left < 1) return false;
    this.#left.delete(key);
    this.#left.set(key, { pieces: left - 1, at: now });
    const [oldest] = this.#left.size > mostRemembered ? this.#left.keys() : [];
    if (oldest !== undefined) this.#left.delete(oldest);
    return true;
  }
}
