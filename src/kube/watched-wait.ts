/** Waiting that ends early when one of some objects changes: a watch on each, by its name. */
import type { KubeApi } from "./api.ts";
import { pausesAfter } from "../async/back-off.ts";
import type { Clock } from "../async/clock.ts";
import { acceptMetadata } from "./metadata.ts";

export interface WatchedWaitOptions {
  readonly api: Pick<KubeApi, "watch">;
  /** Of objects, such as `/api/v1/namespaces/weft/secrets/weft-tls`. */
  readonly paths: readonly string[];
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
}

export interface WatchedWait {
  /** Resolves after so many milliseconds, when an object has changed, and when the signal aborts. */
  readonly wait: (milliseconds: number) => Promise<void>;
  /** Ends the wait that is under way, or the next one. */
  readonly notice: () => void;
}

/** Changes that come together are noticed together; milliseconds. */
const together = 100;
const pauses = { first: 1000, most: 60_000, healthyAfter: 60_000 };

/** Rights: watch on each of the objects; without it a wait is just a wait. */
export function watchedWait({ api, paths, clock, random, signal }: WatchedWaitOptions): WatchedWait {
  let noticed = false;
  let wake: (() => void) | undefined;
  const notice = (): void => {
    noticed = true;
    wake?.();
  };
  for (const path of paths) void watchOne(path);

  async function watchOne(path: string): Promise<void> {
    const slash = path.lastIndexOf("/");
    const name = decodeURIComponent(path.slice(slash + 1));
    // From whatever the API server has in memory: who is woken reads for himself. Without a version it would wait until
    // that is as new as etcd, and end the watch where no news comes of the whole resource for 3 s.
    const query = { fieldSelector: `metadata.name=${name}`, resourceVersion: "0" };
    const call = { path: path.slice(0, slash), query, accept: acceptMetadata };
    const pause = pausesAfter(pauses, clock, random);
    while (!signal.aborted) {
      try {
        await api.watch(
          call,
          ({ type }) => {
            if (type !== "ERROR" && type !== "BOOKMARK") notice();
          },
          signal,
        );
      } catch {
        // Whoever waits looks for himself from time to time, and says what he cannot read.
      }
      await clock.wait(pause(), signal);
    }
  }

  return {
    notice,
    wait: async (milliseconds) => {
      if (!noticed) {
        const ending = new AbortController();
        wake = () => ending.abort();
        signal.addEventListener("abort", wake, { once: true });
        if (!signal.aborted) await clock.wait(milliseconds, ending.signal);
        signal.removeEventListener("abort", wake);
        wake = undefined;
      }
      if (!noticed) return;
      await clock.wait(Math.min(together, milliseconds), signal);
      noticed = false;
    },
  };
}
