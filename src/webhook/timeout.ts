/** The `?timeout=` of an API server. */
import { perText } from "../core/base/memory/memo.ts";
import { parseDuration } from "../core/base/scalars/duration.ts";

// The defaults and the range of timeoutSeconds (admissionregistration/v1).
const defaultValue = 10_000;
const most = 30_000;

/** A function from a request's URL to milliseconds. API servers repeat a handful of URLs, so the last ones are remembered. */
export const timeoutOfUrl = (): ((url: string) => number) => perText(timeoutOf, { most: 64 });

const timeoutOf = (url: string): number => {
  const mark = url.indexOf("?");
  const text = mark < 0 ? null : new URLSearchParams(url.slice(mark)).get("timeout");
  const nanoseconds = text === null ? undefined : parseDuration(text);
  if (nanoseconds === undefined || nanoseconds <= 0n) return defaultValue;
  const milliseconds = nanoseconds / 1_000_000n;
  return milliseconds >= BigInt(most) ? most : Math.max(1, Number(milliseconds));
};
