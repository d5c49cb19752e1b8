/** Waiting for the next step of a rotation, while all that speaks against it passes by itself. */
import { nextStep, obstacles } from "../../core/identity/rotation.ts";
import type { Step } from "../../core/identity/rotation.ts";
import { obstacleLines } from "../../core/identity/rotation-text.ts";
import { lastLook } from "../check/wait.ts";
import type { Patience, Seen } from "../check/wait.ts";
import type { Gathered } from "./gather.ts";

/** What was found last: the step can be taken, or there is no time left, or waiting does not help. */
export const oncePossible = (
  kind: Step["kind"],
  look: () => Promise<Gathered>,
  patience: Patience,
): Promise<Gathered> => lastLook(look, ({ facts }) => seenFor(kind, facts), patience);

function seenFor(kind: Step["kind"], facts: Gathered["facts"]): Seen {
  const step = nextStep(facts);
  const against = step?.kind === kind ? obstacles(step, facts) : [];
  const passes = against.length > 0 && against.every(({ yields }) => yields);
  // Their words count seconds.
  return { isOver: !passes, failing: obstacleLines(against), which: against.map(({ at }) => at).join() };
}
