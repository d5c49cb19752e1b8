/** Ctrl-C and `kill`: the first asks to stop, the second does not ask. */

/** The part of `process` that this needs. */
export interface Interruptible {
  readonly on: (signal: "SIGINT" | "SIGTERM", listener: () => void) => unknown;
  readonly exit: (code: number) => unknown;
}

/** A signal that aborts at the first SIGTERM or SIGINT; at the second the process ends at once, as a killed one (128 + number). */
export const interruptSignal = (process: Interruptible): AbortSignal => {
  const controller = new AbortController();
  for (const [name, number] of [
    ["SIGINT", 2],
    ["SIGTERM", 15],
  ] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(128 + number);
      controller.abort();
    });
  }
  return controller.signal;
};
