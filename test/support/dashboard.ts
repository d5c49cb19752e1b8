/** The dashboard's server with a fixed stream of maps and of lines, and no cluster. */
import type { MapState } from "../../src/core/traffic/map.ts";
import { realClock } from "../../src/async/clock.ts";
import { readPageFiles } from "../../src/web/page-files.ts";
import { serveDashboard } from "../../src/web/server.ts";
import type { Dashboard, TapLine, TapTold } from "../../src/web/server.ts";
import type { Round } from "../../src/web/rounds.ts";
import type { TapQuery } from "../../src/web/tap-query.ts";

export interface Shown {
  /** Rounds that are told at once; the page is then left alone. */
  readonly rounds?: readonly Round[];
  readonly namespace?: string;
  /** Lines that are told at once. */
  readonly lines?: readonly TapLine[];
  /** What ends a tap; undefined: it goes on. */
  readonly end?: string;
  /** Told of what is asked to be tapped. */
  readonly asked?: (query: TapQuery) => void;
  readonly port?: number;
  /** What the rounds throw. */
  readonly broken?: Error;
}

export const mapRound = (data: MapState): Round => ({ event: "map", data });

export function dashboard({
  rounds = [],
  namespace,
  lines = [],
  end,
  asked,
  port = 0,
  broken,
}: Shown): Promise<Dashboard> {
  const files = readPageFiles();
  if (files === undefined) throw new Error("no page");
  return serveDashboard({
    port,
    namespace,
    files,
    clock: realClock,
    rounds: async function* (signal) {
      if (broken !== undefined) throw broken;
      for (const round of rounds) {
        yield round;
        // Of rounds that come faster than the page reads, it would be told the last one alone.
        await realClock.wait(2, signal);
      }
      await aborted(signal);
    },
    tapLines: async function* (query, signal): AsyncGenerator<TapTold> {
      asked?.(query);
      for (const data of lines) yield { event: "line", data };
      if (end === undefined) await aborted(signal);
      else yield { event: "end", data: { text: end } };
    },
  });
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve());
    if (signal.aborted) resolve();
  });

/** Three lines of a request, as `weft tap` prints them. */
export function requestLines(stream: number, path: string, secured = true): readonly TapLine[] {
  const pod = "shop/web-5c9f7d-x2x7k";
  const id = `3:${stream}`;
  const head = `id=${id} proxy=in  src=10.244.0.${11 + (stream % 5)}:${39_694 + stream} dst=10.244.0.9:8080 tls=${secured ? "true" : "no_tls_from_remote"}`;
  const line = (kind: string, rest: string): TapLine => ({ kind, pod, id, text: `${kind} ${head} ${rest}`, event: {} });
  return [
    line("req", `:method=GET :authority=web.shop :path=${path}`),
    line("rsp", `:status=${stream % 13 === 5 ? 503 : 200} latency=${1200 + 37 * stream}µs`),
    line("end", `duration=${64 + stream}µs response-length=${153 + stream}B`),
  ];
}
