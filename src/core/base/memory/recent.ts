/**
 * Values by text: so many at once, each for as long as it counts. The package lru-cache takes 350 KiB for room for 16,384
 * values before there is one; most of these stay nearly empty.
 */

interface Entry<Value> {
  readonly value: Value;
  readonly until: number;
}

/** Where there is no room, the one that was asked for or set longest ago is forgotten. */
export class Recent<Value> {
  readonly #most: number;
  /** A map keeps the order in which its keys came: the first is the one to forget. */
  readonly #entries = new Map<string, Entry<Value>>();

  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** `now`: on the clock of `until`. */
  get(key: string, now?: number): { readonly value: Value } | undefined {
    const entry = this.peek(key, now);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry;
  }

  /** The same, and nobody has asked for it: it is forgotten as soon as before. */
  peek(key: string, now = -Infinity): Entry<Value> | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || now < entry.until) return entry;
    this.#entries.delete(key);
    return undefined;
  }

  /** `until`: it counts no more from then on. Gives the key that had to go. */
  set(key: string, value: Value, until = Infinity): string | undefined {
    this.#entries.delete(key);
    this.#entries.set(key, { value, until });
    if (this.#entries.size <= this.#most) return undefined;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
    return oldest;
  }

  /** Whether it was there. */
  delete(key: string): boolean {
    return this.#entries.delete(key);
  }
}
