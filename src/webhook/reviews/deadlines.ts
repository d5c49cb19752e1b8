/** Deadlines that are not those of one request. */
import type { Deadline } from "../../async/until.ts";

/** No look takes longer, whatever the deadline of who asks. */
const longest = 30_000;

/** A deadline at this time of the clock of `performance.now()`, with a signal that nobody's going away aborts. */
export function deadlineAt(at: number): Deadline {
  let made: AbortSignal | undefined;
  const left = (): number => Math.floor(Math.min(longest, Math.max(0, at - performance.now())));
  return { at, signal: () => (made ??= AbortSignal.timeout(left())) };
}
