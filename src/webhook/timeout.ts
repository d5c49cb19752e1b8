/** The `?timeout=` of an API server. */
import { parseDuration } from "../core/base/scalars/duration.ts";

// The defaults and the range of timeoutSeconds (admissionregistration/v1).
const defaultValue = 10_000;
const most = 30_000;

/** A function from a request's URL to milliseconds. API servers repeat a handful of URLs, so the last ones are remembered. */
export const timeoutOfUrl = (): ((url: string) => number) => {
  const known = new Map<string, number>();
  return (url) => {
    const before = known.get(url);
    if (before !== undefined) return before;
    const timeout = timeoutOf(url);
    if (known.size >= 64) known.clear();
    known.set(url, timeout);
    return timeout;
  };
};

const timeoutOf = (url: string): number => {
  const mark = url.indexOf("?");
  const text = mark < 0 ? null : new URLSearchParams(url.slice(mark)).get("timeout");
  const nanoseconds = text === null ? undefined : parseDuration(text);
  if (nanoseconds === undefined || nanoseconds <= 0n) return defaultValue;
  const milliseconds = nanoseconds / 1_000_000n;
  return milliseconds >= BigInt(most) ? most : Math.max(1, Number(milliseconds));
};
