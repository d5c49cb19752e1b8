/**
 * What callers did last, and when: so much of all of them together. Where there is no room, the caller of whom most is
 * remembered has its oldest forgotten. So nobody, however much it does, has anything forgotten of who does less.
 */
export class FairMemory {
  readonly #most: number;
  /** By caller, the oldest first. */
  readonly #callers = new Map<string, Map<string, number>>();
  #size = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** When this caller did it last; undefined: not that it is remembered. */
  when(caller: string, what: string): number | undefined {
    return this.#callers.get(caller)?.get(what);
  }

  /** How long ago that was; Infinity: it is not remembered, or the clock was set back meanwhile. */
  ago(caller: string, what: string, now: number): number {
    const at = this.when(caller, what) ?? -Infinity;
    return at > now ? Infinity : now - at;
  }

  note(caller: string, what: string, at: number): void {
    const own = this.#callers.get(caller) ?? new Map<string, number>();
    this.#callers.set(caller, own);
    // Set anew, it is the newest.
    if (own.delete(what)) this.#size -= 1;
    own.set(what, at);
    this.#size += 1;
    if (this.#size > this.#most) this.#forget();
  }

  #forget(): void {
    let [most, largest] = ["", new Map<string, number>()];
    for (const [caller, own] of this.#callers) if (own.size > largest.size) [most, largest] = [caller, own];
    const [oldest] = largest.keys();
    if (oldest === undefined) return;
    largest.delete(oldest);
    this.#size -= 1;
    if (largest.size === 0) this.#callers.delete(most);
  }
}
