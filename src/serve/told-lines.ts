/**
 * Lines of a log that others can bring about: of each namespace so many are told, and of all together; how many were not
 * stands in the next one.
 */
import { fairRate } from "../async/rate.ts";
import type { Rate } from "../async/rate.ts";

export interface LineRates {
  readonly each: Rate;
  readonly inAll: Rate;
}

/** Whether a line about this namespace is told, and then what stands in it beside the rest. `now`: milliseconds. */
export type ToldLines = (namespace: string) => { readonly untold?: number } | undefined;

export function toldLines(rates: LineRates, now: () => number): ToldLines {
  const rate = fairRate(rates, now);
  let untold = 0;
  return (namespace) => {
    if (!rate.take(namespace)) {
      untold += 1;
      return undefined;
    }
    const also = untold === 0 ? {} : { untold };
    untold = 0;
    return also;
  };
}
