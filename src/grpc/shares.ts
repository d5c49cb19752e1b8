/**
 * Who may have how many of what there is a bound for, such as streams: as many as there are, until all are taken; then
 * whoever has most makes room for whoever has less. So nobody is kept out by another, however many that one asks for,
 * and nobody is bound while there is room.
 */
export interface SharesLimits {
  /** Of all together. */
  readonly most: number;
  /** Of one holder, however much room there is. */
  readonly mostOfOne: number;
}

/** What is held: ends when there is a better claim to its place. */
export interface Held {
  readonly displace: () => void;
}

/** `room`: it has its place; `one`: this holder has as many as one may; `all`: others have no more than it would. */
export type Entered = "room" | "one" | "all";

export class Shares {
  readonly #limits: SharesLimits;
  readonly #holders = new Map<string, Holder>();
  #size = 0;

  constructor(limits: SharesLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#size;
  }

  /** `part`: of the holder, such as one of its connections; a holder's parts share what it has in the same way. */
  enter(name: string, part: object, held: Held): Entered {
    const holder = this.#holders.get(name);
    const mine = holder?.size ?? 0;
    if (mine >= this.#limits.mostOfOne) {
      if (holder === undefined || !displaceOf(holder, part)) return "one";
    } else if (this.#size >= this.#limits.most) {
      const largest = this.#largest();
      const isLarger = largest !== undefined && largest !== holder && largest.size > mine + 1;
      const from = isLarger ? largest : holder;
      if (from === undefined || !displaceOf(from, isLarger ? undefined : part)) return "all";
    }
    this.#add(name, part, held);
    return "room";
  }

  /** It is held no more; nothing happens when it was not. */
  leave(name: string, part: object, held: Held): void {
    const holder = this.#holders.get(name);
    const of = holder?.parts.get(part);
    if (holder === undefined || of === undefined || !of.delete(held)) return;
    if (of.size === 0) holder.parts.delete(part);
    holder.size -= 1;
    this.#size -= 1;
    if (holder.size === 0) this.#holders.delete(name);
  }

  #add(name: string, part: object, held: Held): void {
    const holder = this.#holders.get(name) ?? { parts: new Map<object, Set<Held>>(), size: 0 };
    const of = holder.parts.get(part) ?? new Set();
    holder.parts.set(part, of.add(held));
    holder.size += 1;
    this.#size += 1;
    this.#holders.set(name, holder);
  }

  #largest(): Holder | undefined {
    let largest: Holder | undefined;
    for (const holder of this.#holders.values()) if (holder.size > (largest?.size ?? 0)) largest = holder;
    return largest;
  }
}

interface Holder {
  readonly parts: Map<object, Set<Held>>;
  size: number;
}

/** Of the part that has most; for a part of the same holder, where that has more than it would have. */
function displaceOf({ parts }: Holder, forPart: object | undefined): boolean {
  let largest: ReadonlySet<Held> = new Set();
  for (const of of parts.values()) if (of.size > largest.size) largest = of;
  if (forPart !== undefined && largest.size <= (parts.get(forPart)?.size ?? 0) + 1) return false;
  const [first] = largest;
  first?.displace();
  return first !== undefined;
}
