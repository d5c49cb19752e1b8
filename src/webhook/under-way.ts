/**
 * Requests under way, and what time does to them. One timer looks at all of them, since a timer for each would cost
 * more than the rest of the bookkeeping; the lateness of that timer tells how far the event loop is behind.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Deadline } from "./answer.ts";
import type { ReviewPath } from "./paths.ts";

/** One request, from its headers to the last byte of its answer. */
export class UnderWay implements Deadline {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Where it came to; `undefined`: no path that takes reviews. */
  readonly to: ReviewPath | undefined;
  /** `performance.now()` when the headers were read. */
  readonly since: number;
  readonly at: number;
  /** From here on there is just time to say that there is no answer. */
  readonly lastMoment: number;
  /** Set once all of it is here; the rest is ours. */
  body: Buffer | undefined;
  /** Body bytes held in memory. */
  held = 0;
  answered = false;
  #expired = false;
  #controller: AbortController | undefined;

  /** `timeout`: how many milliseconds the API server waits in all. */
  constructor(
    { request, response, to }: Pick<UnderWay, "request" | "response" | "to">,
    since: number,
    timeout: number,
  ) {
    this.request = request;
    this.response = response;
    this.to = to;
    this.since = since;
    // What the answer may need for its way back: a twentieth of the time, 50 to 250 ms, and the same again for us.
    const margin = Math.min(250, Math.max(50, timeout / 20));
    this.lastMoment = since + timeout - margin;
    this.at = this.lastMoment - margin;
  }

  signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#expired) this.#controller.abort();
    return this.#controller.signal;
  }

  /** Tells whoever asked for the signal; harmless when said twice. */
  expire(): void {
    this.#expired = true;
    this.#controller?.abort();
  }
}

/** All that is under way. */
export interface Crowd {
  readonly all: ReadonlySet<UnderWay>;
  /** Milliseconds that the event loop was late when last measured. */
  readonly lag: () => number;
  /** Body bytes held for all of them. */
  readonly held: () => number;
  readonly hold: (one: UnderWay, bytes: number) => void;
  readonly add: (one: UnderWay) => void;
  readonly remove: (one: UnderWay) => void;
  readonly stop: () => void;
}

/** Keeps count, looks every `tick` milliseconds, and calls `expired` for each request at its last moment. */
export const crowd = (tick: number, expired: (one: UnderWay) => void): Crowd => {
  const all = new Set<UnderWay>();
  let held = 0;
  let lag = 0;
  let due = performance.now() + tick;
  const look = (): void => {
    const now = performance.now();
    lag = Math.max(0, now - due);
    due = now + tick;
    for (const one of all) {
      if (one.answered) continue;
      if (now >= one.at) one.expire();
      if (now >= one.lastMoment) expired(one);
    }
  };
  const timer = setInterval(look, tick).unref();
  return {
    all,
    lag: () => lag,
    held: () => held,
    hold: (one, bytes) => {
      held += bytes;
      one.held += bytes;
    },
    add: (one) => all.add(one),
    remove: (one) => {
      if (!all.delete(one)) return;
      held -= one.held;
      one.expire();
    },
    stop: () => clearInterval(timer),
  };
};
