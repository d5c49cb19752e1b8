/** What is kept of a collection's objects, by name, within some room; who wants to is told what changes. */
import { equal } from "../core/base/json/equal.ts";
import { bytesOf } from "./bytes-of.ts";
import type { Place, Places } from "./places.ts";

export type OnChange<Value> = (key: string, value: Value | undefined) => void;

interface Kept<Value> {
  readonly value: Value;
  readonly place: Place;
  isCut: boolean;
}

/** The values are plain data. */
export class KeptValues<Value> {
  private values = new Map<string, Kept<Value>>();
  private left = new Map<string, number>();
  private readonly onChange: OnChange<Value> | undefined;
  private readonly places: Places;
  private readonly onLeftOut: ((namespace: string) => void) | undefined;

  /** `onLeftOut`: something of the namespace is left out from now on. */
  constructor(onChange: OnChange<Value> | undefined, places: Places, onLeftOut?: (namespace: string) => void) {
    this.onChange = onChange;
    this.places = places;
    this.onLeftOut = onLeftOut;
  }

  get(key: string): Value | undefined {
    return this.values.get(key)?.value;
  }

  get size(): number {
    return this.values.size;
  }

  keys(): Iterable<string> {
    return this.values.keys();
  }

  /** Namespace → how often something of it was left out since the last list. */
  readonly leftOut = (): ReadonlyMap<string, number> => this.left;

  /** Undefined: it is gone. Throws where nothing is left out and there is no room. */
  set(key: string, value: Value | undefined): void {
    const next = value === undefined ? undefined : this.placed(key, value);
    const old = this.values.get(key);
    if (value !== undefined && next === undefined) this.leaveOut(key);
    if (next === old) return;
    old?.place.give();
    if (next === undefined) this.values.delete(key);
    else this.values.set(key, next);
    this.onChange?.(key, next?.value);
  }

  /** All that there is, from a list that is being read. */
  draft(): Draft<Value> {
    const all = new Map<string, Kept<Value> | undefined>();
    return {
      add: (key, value) => {
        if (all.has(key)) return false;
        all.set(key, this.placed(key, value));
        return true;
      },
      use: () => this.replace(all),
      drop: () => {
        for (const [key, kept] of all) if (this.values.get(key) !== kept) kept?.place.give();
      },
    };
  }

  /** What was held is free for others; the values stay for whoever still reads them. */
  release(): void {
    for (const { place } of this.values.values()) place.give();
  }

  private replace(all: ReadonlyMap<string, Kept<Value> | undefined>): void {
    const old = this.values;
    this.values = new Map();
    this.left = new Map();
    for (const [key, kept] of all)
      if (kept === undefined || kept.isCut) this.leaveOut(key);
      else this.values.set(key, kept);
    for (const [key, kept] of old) {
      if (this.values.get(key) === kept) continue;
      kept.place.give();
      if (!this.values.has(key)) this.onChange?.(key, undefined);
    }
    for (const [key, kept] of this.values) if (old.get(key) !== kept) this.onChange?.(key, kept.value);
  }

  /** In its place; in that which it has, if it says the same as before: a list anew doubles nothing. */
  private placed(key: string, value: Value): Kept<Value> | undefined {
    const old = this.values.get(key);
    if (old !== undefined && equal(old.value, value)) return old;
    const onCut = (): void => this.cut(key, kept);
    const place = this.places.take(namespaceOf(key), costOf(key, value), onCut);
    const kept = place && { value, place, isCut: false };
    return kept;
  }

  private cut(key: string, kept: Kept<Value> | undefined): void {
    if (kept === undefined) return;
    kept.isCut = true;
    // One of a list that is not in use yet is left out when it is.
    if (this.values.get(key) !== kept) return;
    this.leaveOut(key);
    this.values.delete(key);
    this.onChange?.(key, undefined);
  }

  private leaveOut(key: string): void {
    const namespace = namespaceOf(key);
    const before = this.left.get(namespace) ?? 0;
    this.left.set(namespace, before + 1);
    // Told before the value goes: nobody is to take what is left for all that there is.
    if (before === 0) this.onLeftOut?.(namespace);
  }
}

export interface Draft<Value> {
  /** Whether it is one more. Throws where nothing is left out and there is no room. */
  readonly add: (key: string, value: Value) => boolean;
  /** They are what is kept from now on. */
  readonly use: () => void;
  /** They are not. */
  readonly drop: () => void;
}

const namespaceOf = (key: string): string => key.slice(0, Math.max(0, key.indexOf("/")));

/** Of the Maps that it is in, here and in the index, and of what refers to it there. */
const entry = 160;

const costOf = (key: string, value: unknown): number => entry + bytesOf(key) + bytesOf(value);
