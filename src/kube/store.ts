/** What is kept of a collection's objects, by name, within some room; who wants to is told what changes. */
import { equal } from "../core/base/json/equal.ts";
import type { Room } from "./room.ts";

export type OnChange<Value> = (key: string, value: Value | undefined) => void;

/** The values are plain data. */
export class KeptValues<Value> {
  private values = new Map<string, Value>();
  private readonly onChange: OnChange<Value> | undefined;
  private readonly room: Room;

  constructor(onChange: OnChange<Value> | undefined, room: Room) {
    this.onChange = onChange;
    this.room = room;
  }

  get(key: string): Value | undefined {
    return this.values.get(key);
  }

  get size(): number {
    return this.values.size;
  }

  keys(): Iterable<string> {
    return this.values.keys();
  }

  /** Undefined: it is gone. Throws where there is no room. */
  set(key: string, value: Value | undefined): void {
    const old = this.values.get(key);
    const next = value === undefined ? undefined : this.same(key, value);
    if (next === old) return;
    if (next !== undefined) this.take(key, next);
    if (old !== undefined) this.room.give(costOf(key, old));
    if (next === undefined) this.values.delete(key);
    else this.values.set(key, next);
    this.onChange?.(key, next);
  }

  /** All that there is, from a list that is being read. */
  draft(): Draft<Value> {
    const all = new Map<string, Value>();
    const isTaken = (key: string, value: Value): boolean => this.values.get(key) !== value;
    return {
      add: (key, value) => {
        if (all.has(key)) return false;
        const same = this.same(key, value);
        if (isTaken(key, same)) this.take(key, same);
        all.set(key, same);
        return true;
      },
      use: () => this.replace(all),
      drop: () => {
        for (const [key, value] of all) if (isTaken(key, value)) this.room.give(costOf(key, value));
      },
    };
  }

  /** What was held is free for others; the values stay for whoever still reads them. */
  release(): void {
    for (const [key, value] of this.values) this.room.give(costOf(key, value));
  }

  private replace(all: Map<string, Value>): void {
    const old = this.values;
    this.values = all;
    for (const [key, value] of old) {
      if (all.get(key) !== value) this.room.give(costOf(key, value));
      if (!all.has(key)) this.onChange?.(key, undefined);
    }
    for (const [key, value] of all) if (old.get(key) !== value) this.onChange?.(key, value);
  }

  /** The value that is kept, if it says the same: a list anew doubles nothing. */
  private same(key: string, value: Value): Value {
    const old = this.values.get(key);
    return old !== undefined && equal(old, value) ? old : value;
  }

  private take(key: string, value: Value): void {
    if (!this.room.take(costOf(key, value))) throw new Error("more is to be kept than there is room for");
  }
}

export interface Draft<Value> {
  /** Whether it is one more. Throws where there is no room. */
  readonly add: (key: string, value: Value) => boolean;
  /** They are what is kept from now on. */
  readonly use: () => void;
  /** They are not. */
  readonly drop: () => void;
}

const costOf = (key: string, value: unknown): number => entry + key.length + bytesOf(value);

/** Of a Map, with its key; of an object, a list or a text; of a field. */
const [entry, head, field] = [64, 24, 8];

/** About what plain data takes in memory. */
function bytesOf(value: unknown): number {
  if (typeof value === "string") return head + value.length;
  if (typeof value !== "object" || value === null) return 0;
  const parts = value instanceof Map ? [...value].flat() : Object.values(value);
  return parts.reduce<number>((sum, part) => sum + field + bytesOf(part), head);
}
