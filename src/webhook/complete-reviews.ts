/**
 * Reviews that are complete: is there room for them, whose turn is it, and what answers. Small ones are answered at
 * once; large ones take turns, and what they cost is known only then.
 */
import { overBounds } from "../core/admission/bounds.ts";
import { jsonCost, jsonSize } from "../core/admission/json-size.ts";
import type { Answer } from "./answer.ts";
import type { Endings } from "./endings.ts";
import { failures, tooMuch } from "./failure.ts";
import type { ReviewLimits } from "./limits.ts";
import { headOf } from "./request-head.ts";
import { Share } from "./share.ts";
import type { InFlightReview } from "./in-flight.ts";
import { LargeReviews } from "./large-reviews.ts";

export interface CompleteReviewsOptions extends Pick<Endings, "refuse" | "refuseBusy" | "fault"> {
  readonly limits: Pick<ReviewLimits, "inFlight" | "smallCost" | "smallHeld" | "largeHeld" | "largePatience">;
  /** Milliseconds that the event loop is late. */
  readonly lag: () => number;
  readonly succeed: (one: InFlightReview, answer: Answer) => void;
}

export interface CompleteReviews {
  readonly add: (one: InFlightReview, body: Buffer) => void;
  /** It was answered, or is gone. */
  readonly release: (one: InFlightReview) => void;
}

/** A body of so many bytes for each value, as pods have, is not below this part of what it costs. */
const least = 1 / 4;

export function completeReviews(options: CompleteReviewsOptions): CompleteReviews {
  const { limits, lag, refuse, refuseBusy, succeed, fault } = options;
  const all = new Share<InFlightReview>({ inAll: limits.inFlight });
  const small = new Share<InFlightReview>({ inAll: limits.smallHeld });
  const large = new Share<InFlightReview>({ inAll: limits.largeHeld });
  // Of those who hold most the last that came goes: it has waited least.
  const take = (share: Share<InFlightReview>, one: InFlightReview, weight: number): boolean => {
    share.set(one, weight);
    for (;;) {
      const crowd = one.answered ? undefined : share.over(one);
      if (crowd === undefined) return !one.answered;
      const last = [...crowd.keys()].at(-1) ?? one;
      refuseBusy(last, failures.crowded);
      // It gave its share back with its answer; what has none to get gives it back here.
      share.remove(last);
    }
  };
  /** What it costs in memory; undefined: more than weft reads, and refused. */
  const costOf = (one: InFlightReview, body: Buffer): number | undefined => {
    const size = jsonSize(body);
    const over = overBounds(size);
    if (over === undefined) return jsonCost(body.length, size);
    refuse(one, tooMuch(over));
    return undefined;
  };
  // Nobody here keeps the body: the answer reads it at once, and it is gone before there is one.
  const answer = (one: InFlightReview, body: Buffer): void => {
    if (one.to === undefined) return;
    if (performance.now() + lag() >= one.at) return refuseBusy(one, failures.overdue);
    const onFault = (error: unknown): void => fault(one, error);
    try {
      one.to
        .answer(body, one)
        .then((given) => succeed(one, given))
        .catch(onFault);
    } catch (error) {
      onFault(error);
    }
  };
  const turns = new LargeReviews<InFlightReview>({
    run: (one) => {
      const body = one.body ?? nothing;
      one.body = undefined;
      one.hurry(performance.now() + limits.largePatience);
      const cost = costOf(one, body);
      if (cost !== undefined && take(large, one, cost)) answer(one, body);
    },
    now: () => performance.now(),
    later: (call, milliseconds) => void (milliseconds < 1 ? setImmediate(call) : setTimeout(call, milliseconds)),
  });
  const wait = (one: InFlightReview, body: Buffer): void => {
    if (!take(large, one, body.length)) return;
    one.body = body;
    turns.add(one);
  };
  return {
    add: (one, body) => {
      one.head = headOf(body);
      if (!take(all, one, 1)) return;
      if (body.length > limits.smallCost * least) return wait(one, body);
      const cost = costOf(one, body);
      if (cost === undefined) return;
      if (cost > limits.smallCost) wait(one, body);
      else if (take(small, one, cost)) answer(one, body);
    },
    release: (one) => {
      for (const share of [all, small, large]) share.remove(one);
      if (one.body !== undefined) turns.remove(one);
      one.body = undefined;
    },
  };
}

const nothing = Buffer.alloc(0);
