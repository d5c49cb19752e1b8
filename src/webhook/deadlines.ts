/** Deadlines that are not those of one request, and waiting that ends. */
import type { Deadline } from "./answer.ts";

/** No look takes longer, whatever the deadline of who asks. */
const longest = 30_000;

/** A deadline at this time of the clock of `performance.now()`, with a signal that nobody's going away aborts. */
export function deadlineAt(at: number): Deadline {
  let made: AbortSignal | undefined;
  const left = (): number => Math.floor(Math.min(longest, Math.max(0, at - performance.now())));
  return { at, signal: () => (made ??= AbortSignal.timeout(left())) };
}

/** What comes of the promise, or a rejection at the deadline. */
export function within<Value>(deadline: Deadline, promise: Promise<Value>): Promise<Value> {
  const end = deadline.signal();
  return new Promise((resolve, reject) => {
    const late = (): void => reject(new Error("no answer in time"));
    if (end.aborted) late();
    else end.addEventListener("abort", late, { once: true });
    promise.then(resolve, reject).finally(() => end.removeEventListener("abort", late));
  });
}
