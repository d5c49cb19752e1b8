/**
 * Work in turns: whoever asks for much waits behind itself, not before others. Of each key one piece is done, then one of
 * the next key; after a while of that the process looks at its sockets.
 */
export interface TurnsOptions {
  /** Runs what it is given soon, after sockets were looked at. */
  readonly schedule?: (run: () => void) => void;
  /** Milliseconds. */
  readonly now?: () => number;
}

/** Milliseconds between two looks at the sockets. */
const slice = 5;

export class Turns {
  readonly #queues = new Map<string, Set<() => void>>();
  readonly #schedule: (run: () => void) => void;
  readonly #now: () => number;
  #scheduled = false;

  constructor({ schedule = (run) => void setImmediate(run), now = () => performance.now() }: TurnsOptions = {}) {
    this.#schedule = schedule;
    this.#now = now;
  }

  run(key: string, work: () => void): void {
    const queue = this.#queues.get(key) ?? new Set();
    this.#queues.set(key, queue.add(work));
    this.#continue();
  }

  #continue(): void {
    if (this.#scheduled || this.#queues.size === 0) return;
    this.#scheduled = true;
    this.#schedule(() => {
      this.#scheduled = false;
      this.#drain(this.#now() + slice);
      this.#continue();
    });
  }

  #drain(until: number): void {
    for (const [key, queue] of this.#queues) {
      const [work] = queue;
      this.#queues.delete(key);
      if (work === undefined) continue;
      queue.delete(work);
      // To the end: a Map is walked in the order in which its keys came, those too that come meanwhile.
      if (queue.size > 0) this.#queues.set(key, queue);
      work();
      if (this.#now() >= until) return;
    }
  }
}
