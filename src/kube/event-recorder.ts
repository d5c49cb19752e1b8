/**
 * Events (core/v1), most of them on the owners of pods. They are told beside the reviews, never in their way: what is the
 * same is counted on one Event, neither an owner nor a namespace can flood the cluster or keep others from being told, and
 * what is too much is dropped and counted.
 *
 * Rights: events create, patch.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { realClock } from "../async/clock.ts";
import type { Clock } from "../async/clock.ts";
import { eventSender, isWellFormed } from "./event-sink.ts";
import type { EventToSend, SenderOptions, Told } from "./event-sink.ts";
import { bucket, fairRate, buckets } from "../async/rate.ts";
import { Recent } from "../core/base/memory/recent.ts";

export interface EventsOptions extends SenderOptions {
  readonly now: () => Date;
  readonly clock?: Clock;
}

/**
 * How it is known that what is told of is there: it was read from the API server, or only the review says so, which may be
 * anybody's: such an Event is on what was read, as its namespace.
 */
export type Evidence = "read" | "claimed";

export interface EventRecorder {
  /** Returns at once. */
  readonly record: (event: EventToSend, evidence?: Evidence) => void;
  /** Resolves when all is told, or after so many milliseconds; what is not told by then is dropped. */
  readonly flush: (milliseconds: number) => Promise<void>;
}

// As client-go's EventCorrelator: the same again within 10 minutes is counted on the first one; an object gets 25
// Events at once, and one more in 5 minutes.
export const sameFor = 10 * 60_000;
export const ofAnObject = { atOnce: 25, perSecond: 1 / 300 };
/** Kinds of Events, and objects, remembered at once. */
const mostRemembered = 4096;
export const mostWaiting = 1000;
/** Requests for Events, whatever they are about. */
export const requestsInAll = { atOnce: 100, perSecond: 20 };
/** Those that tell of objects that nobody has read. */
export const claims = { each: { atOnce: 25, perSecond: 0.5 }, inAll: { atOnce: 100, perSecond: 5 } };

/** An Event, and whether it waits to be sent. */
type Waiting = Told & { waits: boolean };

export const eventRecorder = (options: EventsOptions): EventRecorder => new Recorder(options);

class Recorder implements EventRecorder {
  readonly #now: () => Date;
  readonly #clock: Clock;
  readonly #onResult: NonNullable<EventsOptions["onResult"]>;
  readonly #send: ReturnType<typeof eventSender>;
  readonly #told = new Recent<Waiting>(mostRemembered);
  readonly #budget: ReturnType<typeof buckets>;
  readonly #claimed: ReturnType<typeof fairRate>;
  readonly #requests: ReturnType<typeof bucket>;
  readonly #waiting = new Queues<Waiting>(mostWaiting);
  /** While something waits or is being sent. */
  #working: Promise<void> | undefined;
  #giveUp = new AbortController();

  constructor({ ask, instance, now, onResult = () => undefined, clock = realClock }: EventsOptions) {
    this.#now = now;
    this.#clock = clock;
    this.#onResult = onResult;
    this.#send = eventSender({ ask, instance, onResult });
    this.#budget = buckets(ofAnObject, () => now().getTime(), mostRemembered);
    this.#claimed = fairRate(claims, clock.now);
    this.#requests = bucket(requestsInAll, clock.now);
  }

  readonly record = (event: EventToSend, evidence: Evidence = "read"): void => {
    if (!isWellFormed(event)) return this.#onResult("dropped");
    const at = this.#now();
    const { namespace, kind, name, uid } = event.involvedObject;
    const key = JSON.stringify([namespace, kind, name, uid, event.reason, event.message]);
    const known = this.#told.get(key, at.getTime());
    if (known !== undefined) return this.#countOn(known.value, at, evidence);
    if (!this.#mayBeTold(event, evidence)) return this.#onResult("dropped");
    const one: Waiting = { event, first: at, last: at, count: 1, waits: false };
    this.#told.set(key, one, at.getTime() + sameFor);
    this.#enqueue(one);
  };

  readonly flush = async (milliseconds: number): Promise<void> => {
    if (this.#working === undefined) return;
    const enough = new AbortController();
    const drop = (): void => this.#drop();
    const timer = sleep(milliseconds, undefined, { signal: enough.signal }).then(drop, () => undefined);
    await Promise.race([this.#working, timer]);
    enough.abort();
  };

  /** Counted in any case; the count reaches the API server with the next one that may be sent. */
  #countOn(known: Waiting, at: Date, evidence: Evidence): void {
    known.count += 1;
    known.last = at;
    this.#onResult("aggregated");
    if (!known.waits && this.#mayBeTold(known.event, evidence)) this.#enqueue(known);
  }

  #mayBeTold({ involvedObject: { namespace, uid } }: EventToSend, evidence: Evidence): boolean {
    return this.#budget(`${namespace}/${uid}`).take() && (evidence === "read" || this.#claimed.take(namespace));
  }

  #enqueue(one: Waiting): void {
    const left = this.#waiting.add(one.event.involvedObject.namespace, one);
    one.waits = left !== one;
    if (left !== undefined) {
      left.waits = false;
      this.#onResult("dropped");
    }
    this.#working ??= this.#work();
  }

  // One after the other: an Event has its name before it is patched.
  async #work(): Promise<void> {
    for (let one = this.#next(); one !== undefined; one = this.#next()) {
      const { signal } = this.#giveUp;
      const pause = this.#requests.wait();
      if (pause > 0) await this.#clock.wait(pause, signal);
      if (signal.aborted) this.#onResult("dropped");
      else {
        this.#requests.take();
        await this.#send(one, signal);
      }
    }
    this.#working = undefined;
  }

  #next(): Waiting | undefined {
    const one = this.#waiting.next();
    if (one !== undefined) one.waits = false;
    return one;
  }

  /** What waits for an API server that does not answer would keep the process alive. */
  #drop(): void {
    for (let one = this.#next(); one !== undefined; one = this.#next()) this.#onResult("dropped");
    this.#giveUp.abort(new Error("given up"));
    this.#giveUp = new AbortController();
  }
}

/** A queue for each namespace; each in its turn. */
class Queues<Item> {
  private readonly queues = new Map<string, Item[]>();
  private readonly most: number;
  private size = 0;

  constructor(most: number) {
    this.most = most;
  }

  /** Gives what there is no room for: the item itself, or the last of the longest queue where its namespace has none. */
  add(namespace: string, item: Item): Item | undefined {
    const queue = this.queues.get(namespace) ?? [];
    let left: Item | undefined;
    if (this.size >= this.most) {
      const longest = this.longest();
      if (queue.length + 1 >= longest.length) return item;
      left = longest.pop();
      this.size -= 1;
    }
    queue.push(item);
    this.queues.set(namespace, queue);
    this.size += 1;
    return left;
  }

  next(): Item | undefined {
    const [first] = this.queues;
    if (first === undefined) return undefined;
    const [namespace, queue] = first;
    const item = queue.shift();
    this.size -= 1;
    // A map keeps the order in which its keys came.
    this.queues.delete(namespace);
    if (queue.length > 0) this.queues.set(namespace, queue);
    return item;
  }

  private longest(): Item[] {
    return [...this.queues.values()].reduce((a, b) => (b.length > a.length ? b : a));
  }
}
