/** Places for what is kept, each of so many bytes, and who gives way where there is no more room. */
import type { Room } from "./room.ts";

export interface Places {
  /**
   * Undefined: there is none for this owner, and the owner goes without. `onCut`: the place was given to another. Throws
   * where nobody is to go without.
   */
  readonly take: (owner: string, bytes: number, onCut: () => void) => Place | undefined;
}

export interface Place {
  /** It is free again; nothing happens when it was cut before. */
  readonly give: () => void;
  /**
   * It is of so many bytes from now on, and the owner goes without what it took last rather than without this. False:
   * there is no room, and it stays as it was.
   */
  readonly resize: (bytes: number) => boolean;
}

/** All owners together have the room: what does not fit is an error. */
export const placesIn = (room: Room): Places => ({
  take: (_, bytes) => {
    if (!room.take(bytes)) throw new Error("more is to be kept than there is room for");
    let taken = bytes;
    return {
      give: () => {
        room.give(taken);
        taken = 0;
      },
      resize: (wanted) => {
        if (!room.take(Math.max(0, wanted - taken))) throw new Error("more is to be kept than there is room for");
        room.give(Math.max(0, taken - wanted));
        taken = wanted;
        return true;
      },
    };
  },
});

/** Whoever holds most gives up first what it took last. Whoever would hold most itself gets no more. */
export function fairPlaces(most: number): Places {
  const owners = new Map<string, Owner>();
  let held = 0;

  function largest(): Owner | undefined {
    let found: Owner | undefined;
    for (const owner of owners.values()) if (owner.bytes > (found?.bytes ?? 0)) found = owner;
    return found;
  }

  function leave(name: string, owner: Owner, taken: Taken): void {
    if (!owner.taken.delete(taken)) return;
    owner.bytes -= taken.bytes;
    held -= taken.bytes;
    if (owner.taken.size === 0) owners.delete(name);
  }

  function cut(owner: Owner): void {
    const taken = owner.taken.last();
    if (taken === undefined) return;
    leave(owner.name, owner, taken);
    taken.onCut();
  }

  function resize(owner: Owner, taken: Taken, bytes: number): boolean {
    if (!owner.taken.has(taken)) return false;
    const more = bytes - taken.bytes;
    const isFull = (): boolean => more > 0 && held + more > most;
    while (isFull()) {
      const from = largest();
      const gives = from !== undefined && from.bytes > owner.bytes + more ? from : owner;
      if (gives.taken.last() === taken) return false;
      cut(gives);
    }
    taken.bytes = bytes;
    owner.bytes += more;
    held += more;
    return true;
  }

  return {
    take: (name, bytes, onCut) => {
      const isFull = (): boolean => held + bytes > most;
      while (isFull()) {
        const from = largest();
        if (from === undefined || from.bytes <= (owners.get(name)?.bytes ?? 0) + bytes) return undefined;
        cut(from);
      }
      const owner = owners.get(name) ?? { name, taken: new Stack<Taken>(), bytes: 0 };
      owners.set(name, owner);
      const taken: Taken = { bytes, onCut };
      owner.taken.add(taken);
      owner.bytes += bytes;
      held += bytes;
      return { give: () => leave(name, owner, taken), resize: (wanted) => resize(owner, taken, wanted) };
    },
  };
}

interface Taken {
  bytes: number;
  readonly onCut: () => void;
}

interface Owner {
  readonly name: string;
  readonly taken: Stack<Taken>;
  bytes: number;
}

/** A set of which the last one is found at once. */
class Stack<Item> {
  readonly #items = new Set<Item>();
  #order: Item[] = [];

  get size(): number {
    return this.#items.size;
  }

  has(item: Item): boolean {
    return this.#items.has(item);
  }

  add(item: Item): void {
    this.#items.add(item);
    this.#order.push(item);
  }

  delete(item: Item): boolean {
    const isThere = this.#items.delete(item);
    // What was deleted stays in the order until half of it is such.
    if (this.#order.length > 2 * this.#items.size + 16) this.#order = [...this.#items];
    return isThere;
  }

  last(): Item | undefined {
    for (let item = this.#order.at(-1); item !== undefined; item = this.#order.at(-1)) {
      if (this.#items.has(item)) return item;
      this.#order.pop();
    }
    return undefined;
  }
}
