/** Objects that get no proxy: their opaque ports may be written all the same. */
import { keys } from "../mesh/annotations.ts";
import { askedFor } from "./decide.ts";
import type { Decision } from "./decide.ts";
import type { Injection, Warning } from "./outcome/injection.ts";
import { isMirrorPod } from "./pod/node-bound.ts";
import { exposedDefaults, exposedServiceDefaults, opaquePorts, usableList } from "./pod/opaque-ports.ts";
import type { OpaquePorts } from "./pod/opaque-ports.ts";
import { patchBetween } from "./patch.ts";
import { withMetadata } from "./parts/pod-metadata.ts";
import { readServicePorts } from "./pod/pod-view.ts";
import type { SkipReason } from "./outcome/reasons.ts";
import { outcomeOf, ownAnnotations } from "./request.ts";
import type { InjectRequest, Subjects } from "./request.ts";
import { unknownKeyWarnings } from "./messages/unknown-keys.ts";
import { injectValueWarnings, opaqueAnnotationWarnings, skippedWarning } from "./messages/warnings.ts";
import type { Result } from "../base/text/result.ts";

/** What becomes of an object that is not injected for these reasons. `more`: warnings that come first. */
export function notInjected(
  request: InjectRequest,
  subjects: Subjects,
  decision: Decision,
  more: readonly Warning[],
): Injection {
  const opaque = opaquePortsOfSkipped(request, subjects);
  if ("issues" in opaque) return { kind: "refused", issues: opaque.issues };
  const warnings = [...more, ...skipWarnings(request, subjects, decision.reasons)];
  const outcome = { ...outcomeOf(request, subjects, decision, warnings), reasons: decision.reasons };
  const own = subjects.metadata.annotations;
  // A mirror pod is the kubelet's word on what runs: nobody else has a part in it.
  if (opaque.value === undefined || isMirrorPod(own) || Object.hasOwn(own, keys.opaquePorts))
    return { ...outcome, kind: "skipped" };
  const object = withMetadata(request.object, [], { annotations: { [keys.opaquePorts]: opaque.value.text } });
  return { ...outcome, kind: "annotated", object, patch: patchBetween(request.object, object) };
}

/** The opaque ports that should be written on an object without proxy; `undefined`: none. */
export function opaquePortsOfSkipped(
  request: InjectRequest,
  { target, pod, metadata }: Subjects,
): Result<OpaquePorts | undefined> {
  const defaults = request.installation.settings["proxy.opaquePorts"];
  const namespace = request.namespace.annotations;
  const among = (exposed: readonly number[]): Result<OpaquePorts | undefined> => {
    const opaque = opaquePorts(metadata.annotations, namespace, exposed);
    return { value: opaque.from === "default" && opaque.text === "" ? undefined : opaque };
  };
  if (target?.kind === "service") {
    const ports = readServicePorts(request.object);
    return "issues" in ports ? ports : among(exposedServiceDefaults(ports.value, defaults));
  }
  if (target?.kind === "pod" && pod !== undefined) return among(exposedDefaults(pod, defaults));
  const text = usableList(namespace);
  return { value: text === undefined ? undefined : { from: "namespace", text } };
}

function skipWarnings(request: InjectRequest, subjects: Subjects, reasons: readonly SkipReason[]): readonly Warning[] {
  const own = ownAnnotations(subjects);
  const namespace = request.namespace.annotations;
  const { labels: ownLabels } = subjects.pod?.metadata ?? subjects.metadata;
  const isPod = subjects.pod !== undefined;
  const surprising = reasons.filter((reason) => !reason.startsWith("injection_") && !reason.startsWith("invalid_"));
  return [
    ...(isPod && askedFor(own, namespace) && surprising.length > 0 ? [skippedWarning(surprising)] : []),
    ...(isPod ? injectValueWarnings(own, namespace) : []),
    ...(subjects.target === undefined ? [] : opaqueAnnotationWarnings(own, namespace)),
    ...(subjects.target === undefined ? [] : unknownKeyWarnings(own, ownLabels)),
  ];
}
