/** Counters that cost next to nothing until they are read. */
import { Counter } from "prom-client";
import type { Registry } from "prom-client";

export interface CounterOptions {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
}

/**
 * A counter that is raised by naming its label values in order. The counts stand in a map and reach prom-client when
 * somebody scrapes: its own `inc` sorts and joins the labels each time.
 */
export const counters = (
  registers: Registry[],
  { name, help, labelNames }: CounterOptions,
): ((...values: readonly string[]) => void) => {
  const counts = new Map<string, { readonly values: readonly string[]; count: number }>();
  const counter = new Counter({
    name,
    help,
    labelNames: [...labelNames],
    registers,
    collect: () => {
      counter.reset();
      for (const { values, count } of counts.values()) counter.labels(...values).inc(count);
    },
  });
  return (...values) => {
    const key = values.join("\0");
    const entry = counts.get(key);
    if (entry === undefined) counts.set(key, { values, count: 1 });
    else entry.count += 1;
  };
};
