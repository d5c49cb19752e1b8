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

export const completeReviews = (options: CompleteReviewsOptions): CompleteReviews => new Reviews(options);

class Reviews implements CompleteReviews {
  readonly #options: CompleteReviewsOptions;
  readonly #all: Share<InFlightReview>;
  readonly #small: Share<InFlightReview>;
  readonly #large: Share<InFlightReview>;
  readonly #turns: LargeReviews<InFlightReview>;

  constructor(options: CompleteReviewsOptions) {
    this.#options = options;
    const { limits } = options;
    this.#all = new Share({ inAll: limits.inFlight });
    this.#small = new Share({ inAll: limits.smallHeld });
    this.#large = new Share({ inAll: limits.largeHeld });
    this.#turns = new LargeReviews({
      run: (one) => this.#answerLarge(one),
      now: () => performance.now(),
      later: (call, milliseconds) => void (milliseconds < 1 ? setImmediate(call) : setTimeout(call, milliseconds)),
    });
  }

  readonly add: CompleteReviews["add"] = (one, body) => {
    const { smallCost } = this.#options.limits;
    one.head = headOf(body);
    if (!this.#take(this.#all, one, 1)) return;
    if (body.length > smallCost * least) return this.#wait(one, body);
    const cost = this.#costOf(one, body);
    if (cost === undefined) return;
    if (cost > smallCost) this.#wait(one, body);
    else if (this.#take(this.#small, one, cost)) this.#answer(one, body);
  };

  readonly release: CompleteReviews["release"] = (one) => {
    for (const share of [this.#all, this.#small, this.#large]) share.remove(one);
    if (one.body !== undefined) this.#turns.remove(one);
    one.body = undefined;
  };

  /** Of those who hold most the last that came goes: it has waited least. */
  #take(share: Share<InFlightReview>, one: InFlightReview, weight: number): boolean {
    share.set(one, weight);
    for (;;) {
      const crowd = one.answered ? undefined : share.over(one);
      if (crowd === undefined) return !one.answered;
      const last = [...crowd.keys()].at(-1) ?? one;
      this.#options.refuseBusy(last, failures.crowded);
      // It gave its share back with its answer; what has none to get gives it back here.
      share.remove(last);
    }
  }

  #wait(one: InFlightReview, body: Buffer): void {
    if (!this.#take(this.#large, one, body.length)) return;
    one.body = body;
    this.#turns.add(one);
  }

  /** Its turn has come. */
  #answerLarge(one: InFlightReview): void {
    const body = one.body ?? nothing;
    one.body = undefined;
    one.hurry(performance.now() + this.#options.limits.largePatience);
    const cost = this.#costOf(one, body);
    if (cost !== undefined && this.#take(this.#large, one, cost)) this.#answer(one, body);
  }

  /** What it costs in memory; undefined: more than weft reads, and refused. */
  #costOf(one: InFlightReview, body: Buffer): number | undefined {
    const size = jsonSize(body);
    const over = overBounds(size);
    if (over === undefined) return jsonCost(body.length, size);
    this.#options.refuse(one, tooMuch(over));
    return undefined;
  }

  /** Nobody here keeps the body: the answer reads it at once, and it is gone before there is one. */
  #answer(one: InFlightReview, body: Buffer): void {
    const { lag, refuseBusy, succeed, fault } = this.#options;
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
  }
}

const nothing = Buffer.alloc(0);
