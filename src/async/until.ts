/** Waiting that ends. */

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
