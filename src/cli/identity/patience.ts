/** Waiting for the next step of a rotation, while all that speaks against it passes by itself. */
import { nextStep, obstacles } from "../../core/identity/rotation.ts";
import type { Step } from "../../core/identity/rotation.ts";
import { obstacleLines } from "../../core/identity/rotation-text.ts";
import type { Patience } from "../check/wait.ts";
import type { Gathered } from "./gather.ts";

/** What was found last: the step can be taken, or there is no time left, or waiting does not help. */
export async function oncePossible(
  kind: Step["kind"],
  look: () => Promise<Gathered>,
  { wait, between, clock, pause, onFailing }: Patience,
): Promise<Gathered> {
  const end = clock() + wait;
  let told = "";
  for (;;) {
    const gathered = await look();
    const step = nextStep(gathered.facts);
    const against = step?.kind === kind ? obstacles(step, gathered.facts) : [];
    const passes = against.length > 0 && against.every(({ yields }) => yields);
    if (!passes || clock() + between > end) return gathered;
    // Their words count seconds.
    const which = against.map(({ at }) => at).join();
    if (which !== told) onFailing(obstacleLines(against));
    told = which;
    await pause(between);
  }
}
