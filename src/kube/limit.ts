/** A bound on how long something may take. */

/**
 * Runs with a signal that aborts after so many milliseconds, or with the parent. Unlike `AbortSignal.any` and
 * `AbortSignal.timeout` it leaves nothing behind: those of 45,000 requests were still 20 MB when all had been answered.
 */
export async function limited<Value>(
  parent: AbortSignal | undefined,
  milliseconds: number,
  run: (signal: AbortSignal, refresh: () => void) => Promise<Value>,
): Promise<Value> {
  const ending = new AbortController();
  const end = (): void => ending.abort(parent?.reason);
  const timer = setTimeout(() => ending.abort(new DOMException("no answer in time", "TimeoutError")), milliseconds);
  timer.unref();
  if (parent?.aborted === true) end();
  parent?.addEventListener("abort", end, { once: true });
  try {
    return await run(ending.signal, () => void timer.refresh());
  } finally {
    clearTimeout(timer);
    parent?.removeEventListener("abort", end);
  }
}
