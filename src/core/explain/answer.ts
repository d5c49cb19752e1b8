/**
 * What becomes of an object, as far as it can be known. The engine answers for pods that the webhook is called for; here
 * it is looked whether it is called at all, whether the answer hangs on something that nobody said, and what a pod that is
 * there already is.
 */
import { explainAdmission } from "../admission/manifest.ts";
import type { PodState } from "../dataplane/state.ts";
import { asCreated } from "../dataplane/as-created.ts";
import { skippedFor } from "../inject/explain.ts";
import type { Explanation } from "../inject/explain.ts";
import type { SkipReason, LeftAloneReason } from "../inject/outcome/reasons.ts";
import type { InjectRequest } from "../inject/request.ts";
import { keys } from "../mesh/annotations.ts";
import { seenBy } from "../registration/seen-by.ts";
import type { SeenBy } from "../registration/seen-by.ts";
import { defaultTimeouts, mutatingConfiguration } from "../registration/webhooks.ts";
import type { Around } from "./around.ts";

export interface Question {
  readonly request: InjectRequest;
  readonly around: Around;
  /** Of a pod that is in the cluster. */
  readonly state?: PodState | undefined;
}

export type Explained = Explanation<SkipReason | LeftAloneReason | "not_seen">;

export type Answer =
  /** The pod is there; `explanation`: what one like it would get that is made now. */
  | { readonly kind: "stored"; readonly state: PodState; readonly explanation: Explained }
  /** It hangs on the annotations of its namespace, which nobody knows. */
  | { readonly kind: "depends"; readonly explanation: Explained; readonly otherwise: Explained }
  | { readonly kind: "decided"; readonly explanation: Explained };

/** The first row that holds. */
export function answerTo({ request, around, state }: Question): Answer {
  if (state !== undefined) return { kind: "stored", state, explanation: explained(asNew(request, state), around) };
  if (around.namespace.kind !== "known" && around.namespace.kind !== "absent") {
    const explanation = explained(asking(request), around);
    const otherwise = explained(request, around);
    return explanation.outcome === otherwise.outcome
      ? { kind: "decided", explanation: ofUnknownNamespace(otherwise) }
      : { kind: "depends", explanation: withoutAsking(explanation), otherwise };
  }
  return { kind: "decided", explanation: explained(request, around) };
}

/** The same object in a namespace that asks. */
const asking = (request: InjectRequest): InjectRequest => ({
  ...request,
  namespace: { ...request.namespace, annotations: { ...request.namespace.annotations, [keys.inject]: "enabled" } },
});

/** Whether it was asked for is what nobody knows. */
const withoutAsking = (explanation: Explained): Explained => ({
  ...explanation,
  askedBy: "",
  checks: explanation.checks.filter(({ check }) => check !== "injection_enable_annotation_absent"),
});

/** What nobody knows of the namespace is not absent there. */
const ofUnknownNamespace = (explanation: Explained): Explained => ({
  ...explanation,
  checks: explanation.checks.map((each) => ({
    ...each,
    found: each.found.replace(absentOnNamespace, onUnknownNamespace),
  })),
});

const absentOnNamespace = / and absent on the namespace$/;
const onUnknownNamespace = "; its namespace is not known";

const asNew = (request: InjectRequest, state: PodState): InjectRequest =>
  state.kind === "meshed" ? { ...request, object: asCreated(request.object) } : request;

function explained(request: InjectRequest, around: Around): Explained {
  const explanation = explainAdmission(request);
  const seen = whoSees(request, around);
  return seen.kind === "seen" || explanation.issues.length > 0 ? explanation : unseen(explanation, seen);
}

/** Where nobody asked the cluster: what weft registers, which is not called in some namespaces whatever was chosen. */
function whoSees({ object, namespace }: InjectRequest, { registration, namespace: found }: Around): SeenBy {
  if (registration.kind === "known") return registration.value;
  const labels = found.kind === "known" ? found.value.labels : {};
  return seenBy([usualRegistration], { name: namespace.name, labels }, object);
}

/**
 * What every installation of weft registers at least, for who asks no cluster: what this one is not called for, none is.
 * Beside it each leaves out its own namespace, and those that were not chosen.
 */
const usualRegistration = mutatingConfiguration({
  mutating: "weft-injector",
  validating: "weft-advice",
  server: { url: "https://127.0.0.1" },
  namespace: "kube-system",
  failurePolicy: "Ignore",
  timeoutSeconds: defaultTimeouts,
});

function unseen(explanation: Explained, seen: Exclude<SeenBy, { kind: "seen" }>): Explained {
  const [text, advice] = notSeen(seen);
  return skippedFor(explanation, { reason: "not_seen", text, advice }, explanation.warnings);
}

const notSeen = (seen: Exclude<SeenBy, { kind: "seen" }>): readonly [text: string, advice: string] =>
  seen.kind === "unregistered"
    ? ["neither weft nor Linkerd is registered in this cluster", "install it: weft install"]
    : [
        `${seen.by === "weft" ? "weft" : "Linkerd's injector"} is not called for it: ${seen.why}`,
        "no annotation changes that; a namespace that is seen does",
      ];
