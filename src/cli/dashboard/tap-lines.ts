/** The dashboard's taps: those of `weft tap`, with its lines. What comes faster than the page takes it is lost, and said. */
import { resources } from "../../core/kubernetes/kinds.ts";
import { namedResource } from "../../core/kubernetes/resource-words.ts";
import type { TapEvent } from "../../core/traffic/tap/event.ts";
import { Exchanges } from "../../core/traffic/tap/exchanges.ts";
import { tapJson } from "../../core/traffic/tap/json.ts";
import { tapLine } from "../../core/traffic/tap/line.ts";
import type { TapLine, TapLines, TapTold } from "../../web/server.ts";
import type { TapQuery } from "../../web/tap-query.ts";
import { startTapping } from "../tap/tapping.ts";
import type { TapAsked } from "../tap/tapping.ts";
import { TapRefused } from "../tap/world.ts";
import type { TapWorld } from "../tap/world.ts";
import { boundedQueue } from "./bounded-queue.ts";
import type { BoundedQueue } from "./bounded-queue.ts";

/** Lines that wait for the page; it shows as many. */
export const mostWaiting = 500;

export const tapLinesOf = (world: TapWorld): TapLines =>
  async function* (query, signal) {
    const asked = askedOf(query);
    if (asked === undefined) {
      yield end(`${query.resource} has no proxy of its own`);
      return;
    }
    const told = boundedQueue<TapTold>(mostWaiting, (count) =>
      trouble(`${count} lines were lost: they come faster than they are read`),
    );
    const ending = new AbortController();
    const stop = (): void => ending.abort();
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    void tapped(world, asked, told, ending.signal);
    try {
      yield* told.all;
    } finally {
      signal.removeEventListener("abort", stop);
      stop();
    }
  };

/** Ends the queue when the tap has ended, with the reason; what is thrown otherwise is thrown to who reads the queue. */
async function tapped(
  world: TapWorld,
  asked: TapAsked,
  told: BoundedQueue<TapTold>,
  signal: AbortSignal,
): Promise<void> {
  const exchanges = new Exchanges();
  const say = (text: string): void => told.push(trouble(text));
  const sink = {
    onEvent: (event: TapEvent) => told.pushOrLose({ event: "line", data: lineOf(event, exchanges, world.clock.now()) }),
    onLost: (requests: number) => say(`${requests} requests were lost: a proxy told them faster than they were read`),
    say,
  };
  try {
    await (
      await startTapping(world, asked, sink, signal)
    ).over;
    told.end();
  } catch (error) {
    if (!(error instanceof TapRefused)) return told.fail(error);
    told.push(end(error.lines.join("\n")));
    told.end();
  }
}

const words = { request: "req", response: "rsp", end: "end" } as const;

function lineOf(event: TapEvent, exchanges: Exchanges, now: number): TapLine {
  const { pod, id, what } = event;
  return {
    kind: words[what.kind],
    pod: `${pod.namespace}/${pod.name}`,
    id: `${id.base}:${id.stream}`,
    text: tapLine(event, exchanges.with(event, now)),
    event: tapJson(event, false),
  };
}

/** Undefined: a kind that has no pods. */
function askedOf({ resource, namespace, path, method }: TapQuery): TapAsked | undefined {
  const named = namedResource(resource);
  if (named === undefined || named.kind === resources.services) return undefined;
  return {
    namespace,
    resource: named,
    word: resource,
    selector: "",
    filter: { method, path, authority: undefined, scheme: undefined, to: undefined },
    from: undefined,
    mostPerSecond: 100,
  };
}

const trouble = (text: string): TapTold => ({ event: "trouble", data: { text } });
const end = (text: string): TapTold => ({ event: "end", data: { text } });
