/** An injection as others see it: the event on the owner (contract 9.7). */
import type { Injection } from "./injection.ts";
import { reasonsText } from "./reasons.ts";
import type { SkipReason } from "./reasons.ts";

export interface InjectionEvent {
  readonly type: "Normal";
  readonly reason: "Injected" | "InjectionSkipped";
  readonly message: string;
}

// Nobody asked for these pods to be meshed, so nobody wants to hear of them (S-34).
const unasked: ReadonlySet<SkipReason> = new Set(["injection_enable_annotation_absent"]);

/** The event for the pod's owner; `undefined`: none, as for Services and for pods that nobody asked to mesh. */
export function eventOf(injection: Injection): InjectionEvent | undefined {
  if (injection.kind === "injected") {
    return { type: "Normal", reason: "Injected", message: "Linkerd sidecar proxy injected" };
  }
  if (injection.kind !== "skipped" && injection.kind !== "annotated") return undefined;
  if (injection.subject.kind !== "pod" || injection.reasons.some((reason) => unasked.has(reason))) return undefined;
  const why = reasonsText(injection.reasons);
  return { type: "Normal", reason: "InjectionSkipped", message: `Linkerd sidecar proxy injection skipped: ${why}` };
}
