/** An injection as others see it: the event on the owner. */
import { isObjectReference } from "../../kubernetes/object-reference.ts";
import type { ObjectReference } from "../../kubernetes/object-reference.ts";
import type { Injection } from "../outcome/injection.ts";
import { reasonsText } from "../outcome/reasons.ts";
import type { SkipReason } from "../outcome/reasons.ts";

export interface InjectionEvent {
  readonly type: "Normal";
  readonly reason: "Injected" | "InjectionSkipped";
  readonly message: string;
}

// Nobody asked for these pods to be meshed, so nobody wants to hear of them (S-34).
const unasked: ReadonlySet<SkipReason> = new Set(["injection_enable_annotation_absent"]);

/** Whose injection is told: pods that somebody asked to mesh, all pods, as Linkerd does (S-34), or none. */
export const eventChoices = ["asked", "all", "none"] as const;
export type EventChoice = (typeof eventChoices)[number];

/** The event for the pod's owner; `undefined`: none, as for Services and for pods that nobody asked to mesh. */
export function eventOf(injection: Injection, which: EventChoice = "asked"): InjectionEvent | undefined {
  if (which === "none") return undefined;
  if (injection.kind === "injected") {
    return { type: "Normal", reason: "Injected", message: "Linkerd sidecar proxy injected" };
  }
  if (injection.kind !== "skipped" && injection.kind !== "annotated") return undefined;
  if (injection.subject.kind !== "pod") return undefined;
  if (which === "asked" && injection.reasons.some((reason) => unasked.has(reason))) return undefined;
  const why = reasonsText(injection.reasons);
  return { type: "Normal", reason: "InjectionSkipped", message: `Linkerd sidecar proxy injection skipped: ${why}` };
}

/** An event with the object that it is about, as an ObjectReference (core/v1) names it. */
export interface EventToRecord extends InjectionEvent {
  readonly involvedObject: ObjectReference;
}

/**
 * The event that is to be sent; `undefined`: none, also for dry runs, and for pods that nobody owns: such a pod has no
 * name or does not exist yet (S-33). Nor for an owner that no API server could have: the reference is the pod's own word.
 */
export function eventFor(
  injection: Injection,
  { dryRun, namespace }: { readonly dryRun: boolean; readonly namespace: string },
  which: EventChoice,
): EventToRecord | undefined {
  const event = dryRun ? undefined : eventOf(injection, which);
  if (event === undefined || !("owner" in injection)) return undefined;
  const { reference, name } = injection.owner;
  if (reference === undefined) return undefined;
  const involvedObject = { ...reference, namespace, name };
  return isObjectReference(involvedObject) ? { ...event, involvedObject } : undefined;
}

/**
 * The same, told on the namespace, which has this uid: of an owner that nobody has seen, as only the pod names it. In the
 * namespace itself, where its users look, as an API server takes it too.
 */
export function onNamespace({ involvedObject, message, ...event }: EventToRecord, uid: string): EventToRecord {
  const { kind, name, namespace } = involvedObject;
  return {
    ...event,
    message: `${message} (a pod of ${kind.toLowerCase()}/${name}, as it says)`,
    involvedObject: { apiVersion: "v1", kind: "Namespace", namespace, name: namespace, uid },
  };
}
