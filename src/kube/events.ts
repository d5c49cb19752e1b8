/**
 * Events (core/v1), most of them on the owners of pods. They are told beside the reviews, never in their way: what is the same is
 * counted on one Event, one owner cannot flood the cluster, and what is too much is dropped and counted.
 *
 * Rights: events create, patch.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { eventSender } from "./event-sender.ts";
import type { EventToSend, SenderOptions, Told } from "./event-sender.ts";

export interface EventsOptions extends SenderOptions {
  readonly now: () => Date;
}

export interface EventRecorder {
  /** Returns at once. */
  readonly record: (event: EventToSend) => void;
  /** Resolves when all is told, or after so many milliseconds; what is not told by then is dropped. */
  readonly flush: (milliseconds: number) => Promise<void>;
}

// As client-go's EventCorrelator: the same again within 10 minutes is counted on the first one; an object gets 25
// Events at once, and one more in 5 minutes.
const sameFor = 10 * 60_000;
const burst = 25;
const refillEvery = 5 * 60_000;
/** Kinds of Events, and objects, remembered at once. */
const mostRemembered = 4096;
const mostWaiting = 1000;

/** An Event, and whether it waits to be sent. */
type Waiting = Told & { waits: boolean };

export function eventRecorder({ ask, instance, now, onResult }: EventsOptions): EventRecorder {
  const told = new Recent<Waiting>(mostRemembered);
  const budgets = new Recent<{ left: number; at: number }>(mostRemembered);
  const waiting: Waiting[] = [];
  let working: Promise<void> | undefined;
  let giveUp = new AbortController();
  const send = eventSender({ ask, instance, ...(onResult && { onResult }) });

  function record(event: EventToSend): void {
    const at = now();
    const key = JSON.stringify([event.involvedObject.uid, event.reason, event.message]);
    const known = told.get(key);
    if (known !== undefined && at.getTime() - known.first.getTime() < sameFor) {
      // Counted in any case; the count reaches the API server with the next one that may be sent.
      known.count += 1;
      known.last = at;
      onResult?.("aggregated");
      if (!known.waits && isWithinBudget(event.involvedObject.uid, at.getTime())) enqueue(known);
      return;
    }
    if (!isWithinBudget(event.involvedObject.uid, at.getTime())) return onResult?.("dropped");
    const one: Waiting = { event, first: at, last: at, count: 1, waits: false };
    told.set(key, one);
    enqueue(one);
  }

  function isWithinBudget(uid: string, at: number): boolean {
    const budget = budgets.get(uid) ?? { left: burst, at };
    const refilled = Math.floor((at - budget.at) / refillEvery);
    const left = Math.min(burst, budget.left + refilled);
    const since = left === burst ? at : budget.at + refilled * refillEvery;
    budgets.set(uid, { left: Math.max(0, left - 1), at: since });
    return left > 0;
  }

  function enqueue(one: Waiting): void {
    if (waiting.length >= mostWaiting) return onResult?.("dropped");
    one.waits = true;
    waiting.push(one);
    working ??= work();
  }

  // One after the other: an Event has its name before it is patched.
  async function work(): Promise<void> {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
      one.waits = false;
      await send(one, giveUp.signal);
    }
    working = undefined;
  }

  /** What waits for an API server that does not answer would keep the process alive. */
  function drop(): void {
    for (const one of waiting.splice(0)) {
      one.waits = false;
      onResult?.("dropped");
    }
    giveUp.abort(new Error("given up"));
    giveUp = new AbortController();
  }

  return {
    record,
    flush: async (milliseconds) => {
      if (working === undefined) return;
      const enough = new AbortController();
      const timer = sleep(milliseconds, undefined, { signal: enough.signal }).then(drop, () => undefined);
      await Promise.race([working, timer]);
      enough.abort();
    },
  };
}

/** The values that were asked for or set last. */
class Recent<Value> {
  private readonly values = new Map<string, Value>();
  private readonly most: number;

  constructor(most: number) {
    this.most = most;
  }

  get(key: string): Value | undefined {
    const value = this.values.get(key);
    if (value !== undefined) this.touch(key, value);
    return value;
  }

  set(key: string, value: Value): void {
    this.touch(key, value);
    const oldest = this.values.size > this.most ? this.values.keys().next().value : undefined;
    if (oldest !== undefined) this.values.delete(oldest);
  }

  /** A map keeps the order in which its keys came. */
  private touch(key: string, value: Value): void {
    this.values.delete(key);
    this.values.set(key, value);
  }
}
