/**
 * What becomes of objects of a manifest, for those who ask before it is applied: what the webhook would do with them, its
 * bounds included, and what it would say.
 */
import { adviserOf } from "../advice/advice.ts";
import type { AdviceRequest } from "../advice/request.ts";
import { workloadAdvice } from "../advice/workload.ts";
import { inject } from "../inject/inject.ts";
import { explain, skippedFor } from "../inject/explain.ts";
import type { Explanation } from "../inject/explain.ts";
import type { Injection, Warning } from "../inject/outcome/injection.ts";
import type { Installation } from "../inject/settings/installation.ts";
import { targetOf } from "../inject/pod/kinds.ts";
import type { LeftAloneReason, SkipReason } from "../inject/outcome/reasons.ts";
import type { InjectRequest } from "../inject/request.ts";
import { admitted } from "../inject/pod/template-pod.ts";
import { sorted } from "../inject/messages/warnings.ts";
import type { JsonObject } from "../base/json/json.ts";
import { leftAlone, outgrown } from "./bounds.ts";
import type { LeftAlone } from "./bounds.ts";

/** Why the webhook lets an object through as it came, whatever it asks for; undefined: it does not. */
export const letThrough = (request: InjectRequest, injection: Injection = inject(request)): LeftAlone | undefined =>
  leftAlone(request, request.requestKind) ??
  ("patch" in injection ? outgrown(injection.object, request.requestKind) : undefined);

/** The explanation of what the webhook does. */
export function explainAdmission(request: InjectRequest): Explanation<SkipReason | LeftAloneReason> {
  const explanation = explain(request);
  const why = letThrough(request);
  if (why === undefined) return explanation;
  const { reason, warning } = why;
  return skippedFor(explanation, { reason, text: warning.text, advice }, [warning]);
}

const advice = "the API server refuses it, or would; large data belongs into a ConfigMap that the pod mounts";

/** What its author is told, most important first; without a namespace of which something is known, of it by itself. */
export function manifestWarnings(
  object: JsonObject,
  installation: Installation,
  namespace: AdviceRequest["namespace"] = { name: "default", annotations: {}, labels: {} },
): readonly Warning[] {
  const target = targetOf(object);
  if (target === undefined) return [];
  const read = admitted(object, () => undefined);
  const asked = read !== undefined && "value" in read ? read.value : { object, owner: { kind: "", name: "" } };
  const why = letThrough({ ...asked, namespace, installation, createdBy: "weft/advice" });
  if (why !== undefined) return [why.warning];
  // Pods, and ReplicaSets by themselves, get no advice at apply time: what is said of their pods is said here.
  const advise = adviserOf(target.kind) ?? workloadAdvice;
  return sorted(advise({ object, namespace, installation }));
}
