/** A bound on how long something may take. */

/**
 * Runs with a signal that aborts after so many milliseconds, or with the parent; refreshed, so many (or `refreshed`) later
 * than that. Unlike `AbortSignal.any` and
 * `AbortSignal.timeout` it leaves nothing behind: those of 45,000 requests were still 20 MB when all had been answered.
 */
export async function withTimeout<Value>(
  parent: AbortSignal | undefined,
  milliseconds: number,
  run: (signal: AbortSignal, refresh: () => void) => Promise<Value>,
  refreshed = milliseconds,
): Promise<Value> {
  const ending = new AbortController();
  const end = (): void => ending.abort(parent?.reason);
  const endAfter = (timeout: number): NodeJS.Timeout =>
    setTimeout(() => ending.abort(new DOMException("no answer in time", "TimeoutError")), timeout).unref();
  let timer = endAfter(milliseconds);
  let left = milliseconds;
  const refresh = (): void => {
    if (left === refreshed) return void timer.refresh();
    clearTimeout(timer);
    timer = endAfter(refreshed);
    left = refreshed;
  };
  if (parent?.aborted === true) end();
  parent?.addEventListener("abort", end, { once: true });
  try {
    return await run(ending.signal, refresh);
  } finally {
    clearTimeout(timer);
    parent?.removeEventListener("abort", end);
  }
}
