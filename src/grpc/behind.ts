/**
 * Values that are only kept for readers who are behind: what such a reader was sent last is needed for what it is to be
 * sent next. Many are behind by the same value, which counts once. When they are too large together, whoever has been
 * behind for longest is cut off.
 */
export interface OldValue {
  /** What is large of it: one object for all who hold the same. */
  readonly of: object;
  /** About so many bytes. */
  readonly bytes: number;
}

export interface SlowReader {
  readonly cut: () => void;
}

export class Behind {
  readonly #most: number;
  /** In the order in which they fell behind. */
  readonly #readers = new Map<SlowReader, OldValue>();
  readonly #holders = new Map<object, number>();
  #bytes = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** There is a newer value than the one that it is being sent. Nothing happens when it was behind already. */
  add(reader: SlowReader, value: OldValue): void {
    if (this.#readers.has(reader)) return;
    this.#readers.set(reader, value);
    const holders = this.#holders.get(value.of) ?? 0;
    this.#holders.set(value.of, holders + 1);
    if (holders === 0) this.#bytes += value.bytes;
    for (const oldest of this.#readers.keys()) {
      if (this.#bytes <= this.#most) return;
      this.delete(oldest);
      oldest.cut();
    }
  }

  /** It has caught up, or is gone. */
  delete(reader: SlowReader): void {
    const value = this.#readers.get(reader);
    if (value === undefined) return;
    this.#readers.delete(reader);
    const holders = (this.#holders.get(value.of) ?? 0) - 1;
    if (holders > 0) return void this.#holders.set(value.of, holders);
    this.#holders.delete(value.of);
    this.#bytes -= value.bytes;
  }
}
