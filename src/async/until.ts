/** Waiting that ends. */

/** How long an answer is of use. One per request, so it is no AbortSignal: most requests never ask for one. */
export interface Deadline {
  /** When the answer should be there, on the clock of `performance.now()`, milliseconds; a little before the one who asks gives up. */
  readonly at: number;
  /** Aborts at that time, and when nobody waits any more. Made when first asked for (an AbortSignal costs more than a whole small request should). */
  signal(): AbortSignal;
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
