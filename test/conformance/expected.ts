/** What is expected of weft where it means to differ: the words of the table in `differences.ts`. */
import type { JsonObject } from "../../src/core/base/json/json.ts";
import type { Case } from "./cases.ts";
import { withPod } from "./edits.ts";
import type { Outcome, OwnOutcome } from "./own.ts";

export interface Expected extends Outcome {
  /** Texts that must be in the warnings, or in the message of an answer that is no review. */
  readonly says: readonly string[];
}

/** Asks weft what it does with another case: for outcomes that Linkerd has no object for. */
export type Ask = (variant: Case) => Promise<OwnOutcome>;

export interface Row {
  /** S-number in docs/differences.md. */
  readonly id: string;
  /** The recording with this difference in it; the recording itself where the difference does not show. */
  readonly expected: (recorded: Expected, of: Case, ask: Ask) => Expected | Promise<Expected>;
}

/** The outcome with the pod of its object changed. */
export const editedPod = (outcome: Expected, of: Case, change: (pod: JsonObject) => JsonObject): Expected =>
  outcome.object === undefined ? outcome : { ...outcome, object: withPod(outcome.object, of.kind, change) };
