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

/** Of each owner so many at most, whatever room there is: what is made of all of them is made in one go. */
export function atMostEach(places: Places, most: number): Places {
  const counts = new Map<string, number>();
  return {
    take: (owner, bytes, onCut) => {
      if ((counts.get(owner) ?? 0) >= most) return undefined;
      let isHeld = true;
      const leave = (): void => {
        const count = counts.get(owner) ?? 0;
        if (isHeld && count > 1) counts.set(owner, count - 1);
        else if (isHeld) counts.delete(owner);
        isHeld = false;
      };
      const place = places.take(owner, bytes, () => {
        leave();
        onCut();
      });
      if (place === undefined) return undefined;
      counts.set(owner, (counts.get(owner) ?? 0) + 1);
      const give = (): void => {
        leave();
        place.give();
      };
      return { give, resize: place.resize };
    },
  };
}

/**
 * Whoever holds most gives up first what it took last. Whoever would hold most itself, once there is room for it, gets no
 * more, and then nobody gives up anything.
 */
export function fairPlaces(most: number): Places {
  const owners = new Map<string, Owner>();
  let held = 0;

  function leave(name: string, owner: Owner, taken: Taken): void {
    if (!owner.taken.delete(taken)) return;
    owner.bytes -= taken.bytes;
    held -= taken.bytes;
    if (owner.taken.size === 0) owners.delete(name);
  }

  /**
   * What gives way to so many bytes more: of who has most, the last, as long as that one has more than who they are for;
   * what grows comes before its owner's last. Undefined: it would not be enough, and nobody is to lose for nothing.
   */
  function giving(name: string, more: number, grows?: Taken): readonly Giving[] | undefined {
    const gives: Giving[] = [];
    let free = most - held;
    if (more <= free) return gives;
    const own = owners.get(name);
    const after = new Map<Owner, { bytes: number; readonly last: Iterator<Taken> }>();
    const bytesOf = (owner: Owner): number => after.get(owner)?.bytes ?? owner.bytes;
    const ofOwn = (): number => (own === undefined ? 0 : bytesOf(own)) + more;
    // Who has less than it needs alone never gives way to it.
    const least = grows === undefined ? ofOwn() : grows.bytes + more;
    if (least > most) return undefined;
    const others = [...owners.values()].filter((owner) => owner !== own && owner.bytes > least);
    while (more > free) {
      const from = largestOf(others, bytesOf);
      const owner = from !== undefined && bytesOf(from) > ofOwn() ? from : grows && own;
      if (owner === undefined) return undefined;
      const left = after.get(owner) ?? { bytes: owner.bytes, last: owner.taken.lastFirst() };
      const taken = left.last.next().value;
      if (taken === undefined || taken === grows) return undefined;
      after.set(owner, left);
      left.bytes -= taken.bytes;
      free += taken.bytes;
      gives.push({ owner, taken });
    }
    return gives;
  }

  /** False: there is no room for so many bytes more, and everything stays as it was. */
  function makeRoom(name: string, more: number, grows?: Taken): boolean {
    const gives = giving(name, more, grows);
    for (const { owner, taken } of gives ?? []) {
      leave(owner.name, owner, taken);
      taken.onCut();
    }
    return gives !== undefined;
  }

  function resize(owner: Owner, taken: Taken, bytes: number): boolean {
    if (!owner.taken.has(taken)) return false;
    const more = bytes - taken.bytes;
    if (more > 0 && !makeRoom(owner.name, more, taken)) return false;
    taken.bytes = bytes;
    owner.bytes += more;
    held += more;
    return true;
  }

  return {
    take: (name, bytes, onCut) => {
      if (!makeRoom(name, bytes)) return undefined;
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

function largestOf(owners: readonly Owner[], bytesOf: (owner: Owner) => number): Owner | undefined {
  let found: Owner | undefined;
  for (const owner of owners) if (found === undefined || bytesOf(owner) > bytesOf(found)) found = owner;
  return found;
}

interface Giving {
  readonly owner: Owner;
  readonly taken: Taken;
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

  *lastFirst(): Generator<Item, undefined> {
    while (this.#order.length > 0 && !this.#items.has(this.#order.at(-1) as Item)) this.#order.pop();
    for (let index = this.#order.length - 1; index >= 0; index -= 1) {
      const item = this.#order[index];
      if (item !== undefined && this.#items.has(item)) yield item;
    }
    return undefined;
  }
}
