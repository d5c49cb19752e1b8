/** What the author of a manifest is told: what the webhook would say when it is applied, and of the pods that come of it. */
import { targetOf } from "../inject/kinds.ts";
import type { Warning } from "../inject/injection.ts";
import type { Installation } from "../inject/installation.ts";
import { sorted } from "../inject/warnings.ts";
import type { JsonObject } from "../mesh/api.ts";
import { adviserOf } from "./advice.ts";
import { workloadAdvice } from "./workload.ts";

/** Most important first. Of the namespace nothing is known: the object is told of by itself. */
export function manifestAdvice(object: JsonObject, installation: Installation): readonly Warning[] {
  const target = targetOf(object);
  if (target === undefined) return [];
  // Pods, and ReplicaSets by themselves, get no advice at apply time: what is said of their pods is said here.
  const advise = adviserOf(target.kind) ?? workloadAdvice;
  return sorted(advise({ object, namespace: { name: "default", annotations: {}, labels: {} }, installation }));
}
