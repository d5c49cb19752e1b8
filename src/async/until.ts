/** Waiting that ends. */

/** How long an answer is of use. One per request, so it is no AbortSignal: most requests never ask for one. */
export interface Deadline {
  /** When the answer should be there, on the clock of `performance.now()`, milliseconds; a little before the one who asks gives up. */
  readonly at: number;
  /** Aborts at that time, and when nobody waits any more. Made when first asked for (an AbortSignal costs more than a whole small request should). */
  signal(): AbortSignal;
}

/** No look takes longer, whatever the deadline of who asks; milliseconds. */
const longest = 30_000;

/** A deadline of no one request: at this time of the clock of `performance.now()`; nobody's going away aborts its signal. */
export function deadlineAt(at: number): Deadline {
  let made: AbortSignal | undefined;
  const left = (): number => Math.floor(Math.min(longest, Math.max(0, at - performance.now())));
  return { at, signal: () => (made ??= AbortSignal.timeout(left())) };
}

/** What comes of the promise, or a rejection when the signal aborts; the promise goes on for whoever else waits for it. */
export function withDeadline<Value>(end: AbortSignal, promise: Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    const late = (): void => reject(new Error("no answer in time"));
    if (end.aborted) late();
    else end.addEventListener("abort", late, { once: true });
    promise.then(resolve, reject).finally(() => end.removeEventListener("abort", late));
  });
}

/** Resolves when the signal aborts, at once when it has. */
export const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
