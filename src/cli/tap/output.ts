/**
 * Lines for a reader that may be slower than they come: so many wait, more are lost, and it is said how many. Nothing
 * that is read from a proxy waits for it, and no memory grows.
 */
import type { Clock } from "../../async/clock.ts";

export interface BoundedOutput {
  readonly push: (text: string) => void;
}

export interface OutputParts {
  readonly write: (text: string) => void;
  /** While what was written waits; undefined: nothing waits. */
  readonly taken: () => Promise<void> | undefined;
  readonly clock: Pick<Clock, "now">;
  /** So many texts were lost. */
  readonly onLost: (texts: number) => void;
  /** A write took so many milliseconds: nothing was done meanwhile. */
  readonly onStill: (milliseconds: number) => void;
}

/** Characters that wait. */
export const mostWaiting = 262_144;
/** Milliseconds that a write may take without a word of it: proxies are asked once a second. */
const noticed = 1000;

export function boundedOutput({ write, taken, clock, onLost, onStill }: OutputParts): BoundedOutput {
  let waiting: string[] = [];
  let length = 0;
  let lost = 0;
  let isHeldUp = false;
  const timed = (text: string): void => {
    const since = clock.now();
    write(text);
    const took = clock.now() - since;
    if (took >= noticed) onStill(took);
    const held = taken();
    if (held === undefined) return;
    isHeldUp = true;
    void held.then(goOn);
  };
  const goOn = (): void => {
    isHeldUp = false;
    const [texts, count] = [waiting, lost];
    [waiting, length, lost] = [[], 0, 0];
    if (texts.length > 0) timed(texts.join(""));
    if (count > 0) onLost(count);
  };
  return {
    push: (text) => {
      if (!isHeldUp) timed(text);
      else if (length + text.length > mostWaiting) lost += 1;
      else {
        waiting.push(text);
        length += text.length;
      }
    },
  };
}
