/**
 * Injection without an API server: `inject --manual`. Settings are those of the flags, then the
 * template's own annotations; there is no namespace to inherit from.
 */
import { keys, labels } from "../mesh/annotations.ts";
import type { Annotations, JsonObject } from "../base/json/json.ts";
import type { Faulted, Injected, Refused, Skipped, Warning } from "./outcome/injection.ts";
import { faultsWith } from "./settings/installation.ts";
import type { Installation } from "./settings/installation.ts";
import { injectionWarnings, opaqueWarnings } from "./inject.ts";
import { mesh } from "./parts/all-parts.ts";
import { exposedDefaults, opaquePorts, portList } from "./pod/opaque-ports.ts";
import type { PodView } from "./pod/pod-view.ts";
import { ownerLabel } from "./pod/owner.ts";
import { patchBetween } from "./patch.ts";
import { beneathPod, outcomeOf, readSubjects } from "./request.ts";
import { resolve } from "./settings/resolve.ts";

export interface ManualRequest {
  readonly object: JsonObject;
  /** With the settings that the flags made. */
  readonly installation: Installation;
  /** Annotations that flags add to the pod's metadata. */
  readonly added: Annotations;
  /** Value of `linkerd.io/created-by`, such as `weft/cli 1.0.0`. */
  readonly createdBy: string;
}

/** The object with the proxy in its pod, whatever the decision would be; the caller has decided. */
export function injectManually(request: ManualRequest): Injected | Skipped | Refused | Faulted {
  const { object, installation } = request;
  const read = readSubjects(object);
  if ("issues" in read) return { kind: "refused", issues: read.issues };
  const { target, pod, metadata } = read.value;
  const self = { kind: target?.kind ?? "", name: metadata.name };
  const outcome = (warnings: readonly Warning[]): ReturnType<typeof outcomeOf> =>
    outcomeOf({ object, owner: self }, read.value, { annotationAt: "", reasons: [], checks: () => [] }, warnings);
  if (target === undefined || pod === undefined) {
    return { ...outcome([]), kind: "skipped", reasons: ["unsupported_resource"] };
  }
  const own = pod.metadata.annotations;
  const resolved = resolve(installation.settings, {
    own,
    // Flags have changed the settings already; of their annotations only these two are read.
    added: Object.fromEntries(Object.entries(request.added).filter(([key]) => readFromFlags.has(key))),
    addedFrom: "flag",
    beneath: beneathPod(read.value, {}, {}),
    labels: pod.metadata.labels,
  });
  const errors = faultsWith(installation, resolved.settings);
  if (errors.length > 0) return { kind: "faulted", issues: errors };
  const opaque = opaquePorts(own, {}, exposedDefaults(pod, ""));
  const owner = ownerLabel(self);
  const meshed = mesh({
    object,
    target,
    pod,
    installation,
    settings: resolved.settings,
    opaquePorts: opaque.from === "default" ? flaggedPorts(request, pod) : portList(opaque.text, pod).text,
    annotations: {
      ...request.added,
      ...(opaque.from === "switch" ? { [keys.opaquePorts]: opaque.text } : {}),
      [keys.createdBy]: request.createdBy,
    },
    labels: {
      [labels.controlPlaneNamespace]: installation.controlPlaneNamespace,
      [labels.workloadNamespace]: metadata.namespace,
      ...owner.labels,
    },
  });
  const warnings = [
    ...injectionWarnings(resolved, pod, {}, request.added),
    ...opaqueWarnings(opaque, pod),
    ...owner.warnings,
    ...meshed.warnings,
  ];
  return { ...outcome(warnings), kind: "injected", object: meshed.object, patch: patchBetween(object, meshed.object) };
}

const readFromFlags: ReadonlySet<string> = new Set([keys.enableDebugSidecar, keys.closeWaitTimeout]);

/** A list from `--opaque-ports` has its port names resolved (S-29); the settings' own list goes as it is. */
const flaggedPorts = ({ added, installation }: ManualRequest, pod: PodView): string => {
  const flagged = added[keys.opaquePorts];
  return flagged === undefined ? installation.settings["proxy.opaquePorts"] : portList(flagged, pod).text;
};
