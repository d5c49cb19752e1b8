/**
 * Requests under way, and what time does to them. One timer looks at all of them, since a timer for each would cost
 * more than the rest of the bookkeeping; the lateness of that timer tells how far the event loop is behind.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Deadline } from "../async/until.ts";
import type { Coming } from "./arriving.ts";
import type { ReviewPath } from "./paths.ts";
import { namespaceIn, uidIn } from "./request-head.ts";

export interface InFlightReviewOptions {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Where it came to; `undefined`: no path that takes reviews. */
  readonly to: ReviewPath | undefined;
  readonly from: string;
  readonly certified: boolean;
}

/** One request, from its headers to the last byte of its answer. */
export class InFlightReview implements Deadline, Coming {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly to: ReviewPath | undefined;
  readonly from: string;
  readonly certified: boolean;
  /** `performance.now()` when the headers were read. */
  readonly since: number;
  received = 0;
  /** The whole of it, from when it is there until its turn comes. */
  body: Buffer | undefined;
  /** The beginning of it, from when all of it is there; the rest is ours. */
  head: string | undefined;
  answered = false;
  /** Its answer is a refusal. */
  refused = false;
  #at: number;
  #lastMoment: number;
  #namespace: string | undefined;
  #expired = false;
  #controller: AbortController | undefined;

  /** `timeout`: how many milliseconds the API server waits in all. */
  constructor(options: InFlightReviewOptions, since: number, timeout: number) {
    this.request = options.request;
    this.response = options.response;
    this.to = options.to;
    this.from = options.from;
    this.certified = options.certified;
    this.since = since;
    // What the answer may need for its way back: a twentieth of the time, 50 to 250 ms, and the same again for us.
    const margin = Math.min(250, Math.max(50, timeout / 20));
    this.#lastMoment = since + timeout - margin;
    this.#at = this.#lastMoment - margin;
  }

  get at(): number {
    return this.#at;
  }

  /** From here on there is just time to say that there is no answer. */
  get lastMoment(): number {
    return this.#lastMoment;
  }

  get uid(): string | undefined {
    return uidIn(this.head ?? "");
  }

  get namespace(): string {
    return (this.#namespace ??= namespaceIn(this.head ?? ""));
  }

  /** Its answer is waited for no longer than until then. */
  hurry(at: number): void {
    if (at >= this.#at) return;
    this.#lastMoment -= this.#at - at;
    this.#at = at;
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
export interface InFlightReviews {
  readonly all: ReadonlySet<InFlightReview>;
  /** Milliseconds that the event loop was late when last measured. */
  readonly lag: () => number;
  readonly add: (one: InFlightReview) => void;
  readonly remove: (one: InFlightReview) => void;
  readonly stop: () => void;
}

export interface InFlightOptions {
  /** Milliseconds from look to look. */
  readonly tick: number;
  /** Comes for each request at its last moment. */
  readonly expired: (one: InFlightReview) => void;
  /** Comes with each look that is in time: after a late one there may be more to read first. */
  readonly onLook: (now: number) => void;
}

/** Who does not read an answer in this time never will; milliseconds. */
const reading = 5000;

/** Keeps count, and looks at all of them every now and then. */
export const inFlightReviews = ({ tick, expired, onLook }: InFlightOptions): InFlightReviews => {
  const all = new Set<InFlightReview>();
  let lag = 0;
  let due = performance.now() + tick;
  const look = (): void => {
    const now = performance.now();
    lag = Math.max(0, now - due);
    due = now + tick;
    for (const one of all) {
      if (one.answered) {
        if (now >= one.lastMoment + reading) one.request.socket.destroy();
        continue;
      }
      if (now >= one.at) one.expire();
      if (now >= one.lastMoment) expired(one);
    }
    if (lag < 4 * tick) onLook(now);
  };
  const timer = setInterval(look, tick).unref();
  return {
    all,
    lag: () => lag,
    add: (one) => all.add(one),
    remove: (one) => {
      if (all.delete(one)) one.expire();
    },
    stop: () => clearInterval(timer),
  };
};
