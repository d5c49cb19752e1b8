/** What is kept of a collection's objects, by name; who wants to is told what changes. */
import { equal } from "../core/view/equal.ts";

export type OnChange<Value> = (key: string, value: Value | undefined) => void;

export class KeptValues<Value> {
  private values = new Map<string, Value>();
  private readonly onChange: OnChange<Value> | undefined;

  constructor(onChange: OnChange<Value> | undefined) {
    this.onChange = onChange;
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

  /** Undefined: it is gone. */
  set(key: string, value: Value | undefined): void {
    const old = this.values.get(key);
    const next = value === undefined ? undefined : this.same(key, value);
    if (next === old) return;
    if (next === undefined) this.values.delete(key);
    else this.values.set(key, next);
    this.onChange?.(key, next);
  }

  /** All that there is; values are to come from `same`. */
  replace(all: Map<string, Value>): void {
    const old = this.values;
    this.values = all;
    if (this.onChange === undefined) return;
    for (const key of old.keys()) if (!all.has(key)) this.onChange(key, undefined);
    for (const [key, value] of all) if (old.get(key) !== value) this.onChange(key, value);
  }

  /** The value that is kept, if it says the same: a list anew doubles nothing. */
  same(key: string, value: Value): Value {
    const old = this.values.get(key);
    return old !== undefined && equal(old, value) ? old : value;
  }
}
