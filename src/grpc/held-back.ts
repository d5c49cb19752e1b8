/**
 * Answers that may be wrong a moment later: a watch that is just behind catches up meanwhile. A Service's address that is
 * asked for before the Service is known gets an answer that the proxy keeps for as long as it uses the address.
 */
import { FairMemory } from "../async/fair-memory.ts";

export interface HeldBackNeeds {
  /** Milliseconds. */
  readonly now: () => number;
  /** Calls after so many milliseconds, unless the function that it returns was called before. */
  readonly later: (milliseconds: number, then: () => void) => () => void;
  /** What was held back was another one then (`came`), or the same (`stayed`). */
  readonly onEnd: (outcome: "came" | "stayed") => void;
}

type Follow<Value> = (onValue: (value: Value) => void) => () => void;

/** Milliseconds. */
const heldFor = 300;
/** What was held in vain is not held again for so long: many clusters' networks have addresses that are nobody's. */
export const rememberedFor = 10 * 60_000;
export const mostRemembered = 10_000;

/** `caller`: who asked; `about`: for what answers are held back, such as an address. */
export type HoldBack = <Value>(
  caller: string,
  about: string,
  follow: Follow<Value>,
  isDoubtful: (value: Value) => boolean,
) => Follow<Value>;

export function holdBack({ now, later, onEnd }: HeldBackNeeds): HoldBack {
  // By caller: what one asked in vain, of which it may ask a great deal, is news to another.
  const inVain = new FairMemory(mostRemembered);
  return (caller, about, follow, isDoubtful) => {
    if (inVain.ago(caller, about, now()) < rememberedFor) return follow;
    return (onValue) => {
      let cancel: (() => void) | undefined;
      let isOver = false;
      const tell = (value: Parameters<typeof onValue>[0], outcome: "came" | "stayed"): void => {
        isOver = true;
        if (cancel !== undefined) onEnd(outcome);
        cancel?.();
        onValue(value);
      };
      const unfollow = follow((value) => {
        if (isOver) return onValue(value);
        if (!isDoubtful(value)) return tell(value, "came");
        cancel ??= later(heldFor, () => {
          inVain.note(caller, about, now());
          tell(value, "stayed");
        });
      });
      return () => {
        isOver = true;
        cancel?.();
        unfollow();
      };
    };
  };
}
