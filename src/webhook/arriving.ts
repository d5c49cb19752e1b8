/**
 * Bodies that are still coming. They have a budget and a time of their own, so that who never sends a body turns away
 * nobody whose review is complete: where too many are coming, the slowest is cut off; where
 * they hold too much memory, the largest.
 */
import type { ReviewLimits } from "./limits.ts";
import { Share } from "./share.ts";
import type { Holder } from "./share.ts";

/** One of them. */
export interface Coming extends Holder {
  /** When its headers were read, in milliseconds. */
  readonly since: number;
  /** Bytes that have come. */
  received: number;
}

export type ArrivingLimits = Pick<
  ReviewLimits,
  "arriving" | "arrivingOfOne" | "arrivingBytes" | "arrivingBytesOfOne" | "bodyPatience" | "bodyRate"
>;

/** Its bytes do not come, or there is no memory for them. */
export type CutOff = "slow" | "crowded";

export class Arriving<One extends Coming> {
  readonly #limits: ArrivingLimits;
  readonly #cut: (one: One, why: CutOff) => void;
  readonly #all = new Set<One>();
  readonly #counts: Share<One>;
  readonly #bytes: Share<One>;

  /** `cut` answers one; it has left by then. */
  constructor(limits: ArrivingLimits, cut: (one: One, why: CutOff) => void) {
    this.#limits = limits;
    this.#cut = cut;
    this.#counts = new Share({ inAll: limits.arriving, ofOne: limits.arrivingOfOne });
    this.#bytes = new Share({ inAll: limits.arrivingBytes, ofOne: limits.arrivingBytesOfOne });
  }

  begin(one: One): void {
    // Whoever showed a certificate is an API server: it sends its bodies.
    if (one.certified) return;
    this.#all.add(one);
    this.#counts.set(one, 1);
    const crowd = this.#counts.over(one);
    if (crowd !== undefined)
      this.#cutOff(
        least(crowd.keys(), (each) => this.#due(each)),
        "slow",
      );
  }

  /** So many bytes of it have come, and it holds so much memory. */
  grew(one: One, received: number, held: number): void {
    one.received = received;
    if (!this.#all.has(one)) return;
    this.#bytes.set(one, held);
    const crowd = this.#bytes.over(one);
    if (crowd !== undefined)
      this.#cutOff(
        least(crowd.keys(), (each) => -(crowd.get(each) ?? 0)),
        "crowded",
      );
  }

  /** It is complete, or gone. */
  end(one: One): void {
    if (!this.#all.delete(one)) return;
    this.#counts.remove(one);
    this.#bytes.remove(one);
  }

  /** Cuts off whose time is up. */
  look(now: number): void {
    for (const one of this.#all) if (now >= this.#due(one)) this.#cutOff(one, "slow");
  }

  /** A moment for the first byte, and then as long as its bytes may take. */
  #due({ since, received }: One): number {
    return since + this.#limits.bodyPatience + received / this.#limits.bodyRate;
  }

  #cutOff(one: One | undefined, why: CutOff): void {
    if (one === undefined) return;
    this.end(one);
    this.#cut(one, why);
  }
}

function least<Value>(values: Iterable<Value>, measure: (value: Value) => number): Value | undefined {
  let found: Value | undefined;
  let lowest = Infinity;
  for (const value of values) {
    const measured = measure(value);
    if (measured >= lowest) continue;
    found = value;
    lowest = measured;
  }
  return found;
}
