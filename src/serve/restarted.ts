/**
 * The control plane beside the webhook: one that cannot start, as of a broken issuer, says why, in the log and on
 * /readyz, and is started again until it serves. The webhook answers meanwhile. A bug of ours still ends both.
 */
import { setTimeout as after } from "node:timers/promises";
import type { Check } from "../net/admin-server.ts";
import type { Log } from "../observe/log.ts";
import type { RunningController } from "./controller/server.ts";
import { addressesText } from "./controller/listeners.ts";
import { StartFailure } from "./start-failure.ts";
import type { Companion } from "./webhook/server.ts";

/** Between two starts; milliseconds. */
const pause = 5000;

export function restartedController(
  start: () => RunningController,
  log: Log,
  signal: AbortSignal,
): Companion & { readonly ended: Promise<void> } {
  let running = start();
  let failure: string | undefined;
  const keep = async (): Promise<void> => {
    for (;;) {
      try {
        const addresses = await running.listening;
        failure = undefined;
        if (addresses !== undefined) log.info("serving proxies", addressesText(addresses));
        await running.ended;
        return;
      } catch (error) {
        if (!(error instanceof StartFailure)) throw error;
        failure = error.lines.join("; ");
        log.error("the control plane cannot start, trying again; reviews are answered", { reason: failure });
      }
      await after(pause, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      running = start();
    }
  };
  const failed = (says: string): Check => ({ name: "controller", look: () => ({ fails: true, says }) });
  return {
    get checks() {
      return failure === undefined ? running.checks : [failed(`cannot start: ${failure}`)];
    },
    page: () => running.page(),
    ended: keep(),
  };
}
