/**
 * Which objects of a collection are kept, by name, within some room. Their values are held in one place: here, or in
 * somebody's index; there they are compared with what comes, once.
 */
import type { PiecesOfWork } from "../async/pieces-of-work.ts";
import { equal } from "../core/base/json/equal.ts";
import { bytesOf } from "./bytes-of.ts";
import type { Place, Places } from "./places.ts";

/** Where the values are. They are plain data. */
export interface Holder<Value> {
  readonly get: (key: string) => Value | undefined;
  /** Takes the value up, `undefined` for an object that is gone; absent: it says the same as what is held. */
  readonly change: (key: string, value: Value | undefined) => (() => void) | undefined;
}

/** A map of its own. `onChange`: another value is held, none when the object is gone. */
export class HeldValues<Value> implements Holder<Value> {
  readonly #values = new Map<string, Value>();
  readonly #onChange: ((key: string, value: Value | undefined) => void) | undefined;

  constructor(onChange?: (key: string, value: Value | undefined) => void) {
    this.#onChange = onChange;
  }

  readonly get = (key: string): Value | undefined => this.#values.get(key);

  readonly change = (key: string, value: Value | undefined): (() => void) | undefined => {
    if (equal(this.#values.get(key), value)) return undefined;
    return () => {
      if (value === undefined) this.#values.delete(key);
      else this.#values.set(key, value);
      this.#onChange?.(key, value);
    };
  };
}

interface Kept {
  readonly place: Place;
  /** Of the place. */
  bytes: number;
  /** Of the value that is to be held; the place is larger while a larger one still is. */
  wanted: number;
  isCut: boolean;
  /** Of a value that is not held yet. */
  take: (() => void) | undefined;
}

export interface StoreOptions<Value> {
  readonly holder: Holder<Value>;
  readonly places: Places;
  /** Something of the namespace is left out from now on. */
  readonly onLeftOut?: ((namespace: string) => void) | undefined;
}

export class Store<Value> {
  readonly #options: StoreOptions<Value>;
  #kept = new Map<string, Kept>();
  #left = new Map<string, number>();

  constructor(options: StoreOptions<Value>) {
    this.#options = options;
  }

  get(key: string): Value | undefined {
    return this.#options.holder.get(key);
  }

  has(key: string): boolean {
    return this.#kept.has(key);
  }

  get size(): number {
    return this.#kept.size;
  }

  keys(): Iterable<string> {
    return this.#kept.keys();
  }

  /** Namespace → how often something of it was left out since the last list. */
  get leftOut(): ReadonlyMap<string, number> {
    return this.#left;
  }

  /** Undefined: it is gone. Throws where nothing is left out and there is no room. */
  set(key: string, value: Value | undefined): void {
    const next = value === undefined ? undefined : this.#placed(key, value);
    if (value !== undefined && next === undefined) this.#leaveOut(key);
    if (next === undefined) {
      this.#kept.get(key)?.place.give();
      this.#remove(key);
    } else {
      this.#kept.set(key, next);
      takeUp(next);
    }
  }

  /** All that there is, from a list that is being read. */
  draft(): Draft<Value> {
    const all = new Map<string, Kept | undefined>();
    const before = new Map<Kept, number>();
    return {
      add: (key, value) => {
        if (all.has(key)) return false;
        const old = this.#kept.get(key);
        if (old !== undefined) before.set(old, old.bytes);
        // What is held now stays if the list breaks off, so its place stays until the list is in use.
        all.set(key, this.#placed(key, value, old?.bytes));
        return true;
      },
      use: (pieces) => this.#replace(all, pieces),
      drop: () => {
        for (const [key, kept] of all) {
          if (kept === undefined) continue;
          if (this.#kept.get(key) !== kept) kept.place.give();
          else {
            kept.take = undefined;
            kept.wanted = before.get(kept) ?? kept.bytes;
            resize(kept, kept.wanted);
          }
        }
      },
    };
  }

  /** What was held is free for others; the values stay for whoever still reads them. */
  release(): void {
    for (const { place } of this.#kept.values()) place.give();
  }

  async #replace(all: ReadonlyMap<string, Kept | undefined>, pieces: Pick<PiecesOfWork, "rest">): Promise<void> {
    const old = this.#kept;
    this.#kept = new Map();
    this.#left = new Map();
    for (const [key, kept] of all)
      if (kept === undefined || kept.isCut) this.#leaveOut(key);
      else this.#kept.set(key, kept);
    for (const [key, kept] of this.#kept) {
      if (kept.take === undefined && kept.bytes === kept.wanted) continue;
      await resting(pieces);
      // Meanwhile it may have been left out for another.
      if (this.#kept.get(key) === kept) takeUp(kept);
    }
    // What is gone goes last: a policy that took the place of another is held before the other is not.
    for (const [key, kept] of old) {
      if (this.#kept.get(key) === kept) continue;
      await resting(pieces);
      kept.place.give();
      if (!this.#kept.has(key)) this.#remove(key);
    }
  }

  #remove(key: string): void {
    this.#kept.delete(key);
    this.#options.holder.change(key, undefined)?.();
  }

  /** In its place: in the one that it has, so that a list anew doubles nothing, and what is known goes last. */
  #placed(key: string, value: Value, atLeast = 0): Kept | undefined {
    const { holder, places } = this.#options;
    const old = this.#kept.get(key);
    const take = holder.change(key, value);
    if (old !== undefined && take === undefined) return old;
    const bytes = costOf(key, value);
    if (old !== undefined) {
      if (!resize(old, Math.max(bytes, atLeast))) return undefined;
      old.wanted = bytes;
      old.take = take;
      return old;
    }
    const onCut = (): void => this.#cut(key, kept);
    const place = places.take(namespaceOf(key), bytes, onCut);
    const kept = place && { place, bytes, wanted: bytes, isCut: false, take };
    return kept;
  }

  #cut(key: string, kept: Kept | undefined): void {
    if (kept === undefined) return;
    kept.isCut = true;
    // One of a list that is not in use yet is left out when it is.
    if (this.#kept.get(key) !== kept) return;
    this.#leaveOut(key);
    this.#remove(key);
  }

  #leaveOut(key: string): void {
    const namespace = namespaceOf(key);
    const before = this.#left.get(namespace) ?? 0;
    this.#left.set(namespace, before + 1);
    // Told before the value goes: nobody is to take what is left for all that there is.
    if (before === 0) this.#options.onLeftOut?.(namespace);
  }
}

function resize(kept: Kept, bytes: number): boolean {
  if (!kept.place.resize(bytes)) return false;
  kept.bytes = bytes;
  return true;
}

async function resting(pieces: Pick<PiecesOfWork, "rest">): Promise<void> {
  const rest = pieces.rest();
  if (rest !== undefined) await rest;
}

function takeUp(kept: Kept): void {
  const { take } = kept;
  kept.take = undefined;
  take?.();
  if (kept.bytes !== kept.wanted) resize(kept, kept.wanted);
}

export interface Draft<Value> {
  /** Whether it is one more. Throws where nothing is left out and there is no room. */
  readonly add: (key: string, value: Value) => boolean;
  /** They are what is kept from now on; their values are taken up piece by piece, as if a watch told them. */
  readonly use: (pieces: Pick<PiecesOfWork, "rest">) => Promise<void>;
  /** They are not. */
  readonly drop: () => void;
}

const namespaceOf = (key: string): string => key.slice(0, Math.max(0, key.indexOf("/")));

/** Of the Maps that it is in, here and in the index, and of what refers to it there. */
const entry = 160;

const costOf = (key: string, value: unknown): number => entry + bytesOf(key) + bytesOf(value);
