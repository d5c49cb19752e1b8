/** Objects that get no proxy: their opaque ports may be written all the same (contract 7.4 and 7.5). */
import { keys } from "../mesh/annotations.ts";
import { askedFor } from "./decide.ts";
import type { Decision } from "./decide.ts";
import type { Injection, Warning } from "./injection.ts";
import { exposedDefaults, exposedServiceDefaults, opaquePorts } from "./opaque-ports.ts";
import { patchBetween } from "./patch.ts";
import { withMetadata } from "./pod.ts";
import { readServicePorts } from "./pod-view.ts";
import type { Read } from "./pod-view.ts";
import type { SkipReason } from "./reasons.ts";
import { outcomeOf, ownAnnotations } from "./request.ts";
import type { InjectRequest, Subjects } from "./request.ts";
import { unknownKeyWarnings } from "./unknown-keys.ts";
import { injectValueWarnings, skippedWarning, switchWarnings } from "./warnings.ts";

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
  if (opaque.value === undefined || Object.hasOwn(own, keys.opaquePorts)) return { ...outcome, kind: "skipped" };
  const object = withMetadata(request.object, [], { annotations: { [keys.opaquePorts]: opaque.value } });
  return { ...outcome, kind: "annotated", object, patch: patchBetween(request.object, object) };
}

/** The opaque ports that a Pod or Service without proxy should have written on it; `undefined`: none. */
function opaquePortsOfSkipped(request: InjectRequest, { target, pod, metadata }: Subjects): Read<string | undefined> {
  const defaults = request.installation.settings["proxy.opaquePorts"];
  const own = metadata.annotations;
  const text = (exposed: readonly number[]): Read<string | undefined> => {
    const opaque = opaquePorts(own, request.namespace.annotations, exposed);
    return { value: opaque.from === "default" && opaque.text === "" ? undefined : opaque.text };
  };
  if (target?.kind === "service") {
    const ports = readServicePorts(request.object);
    return "issues" in ports ? ports : text(exposedServiceDefaults(ports.value, defaults));
  }
  if (target?.kind === "pod" && pod !== undefined) return text(exposedDefaults(pod, defaults));
  return { value: request.namespace.annotations[keys.opaquePorts] };
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
    ...(subjects.target === undefined ? [] : switchWarnings(own, namespace)),
    ...(subjects.target === undefined ? [] : unknownKeyWarnings(own, ownLabels)),
  ];
}
