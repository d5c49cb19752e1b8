/** What tapping needs of the cluster, and of time. */
import type { Clock } from "../../async/clock.ts";
import { oneLine } from "../../core/base/text/quote.ts";
import type { ReachPod } from "../../kube/forward.ts";
import type { Reach } from "../check/reach.ts";

export interface TapWorld {
  /** Questions to the API server. */
  readonly reach: Reach;
  /** Streams to ports of pods. */
  readonly forward: ReachPod;
  readonly clock: Clock;
  /** Milliseconds since 1970, for certificates. */
  readonly date: () => number;
}

/** What cannot be done, in lines for people, with the command that would help. */
export class TapRefused extends Error {
  readonly lines: readonly string[];

  constructor(lines: readonly string[]) {
    const told = lines.map(toldLine);
    super(told.join("; "));
    this.lines = told;
  }
}

/** Pods and servers have words of their own in it: on one line they are not read as another one of weft's. */
export const toldLine = (line: string): string => oneLine(line.slice(0, 2000));
