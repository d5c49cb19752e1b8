/** What tapping needs of the cluster, and of time. */
import type { Clock } from "../../async/clock.ts";
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
    super(lines.join("; "));
    this.lines = lines;
  }
}
