/**
 * The injection: object + namespace + owner + installation → what comes out. In the order of the sentence: read the
 * pod, decide, inherit, settle the settings, make the parts, place them, and take the difference.
 */
import { keys, labels } from "../mesh/annotations.ts";
import type { Annotations } from "../base/json/json.ts";
import { textAt } from "../base/json/read.ts";
import { containerNames } from "../mesh/sidecar.ts";
import { besideWarnings } from "./messages/beside-the-proxy.ts";
import { capabilityWarnings } from "./parts/containers.ts";
import { decide, factsOf } from "./decide.ts";
import type { Decision } from "./decide.ts";
import type { Injection, Warning } from "./outcome/injection.ts";
import { faultsWith } from "./settings/installation.ts";
import type { Installation } from "./settings/installation.ts";
import type { Target } from "./pod/kinds.ts";
import { mesh } from "./parts/all-parts.ts";
import { noEffectWarnings } from "./messages/no-effect.ts";
import { exposedDefaults, opaquePorts, portList } from "./pod/opaque-ports.ts";
import type { OpaquePorts } from "./pod/opaque-ports.ts";
import { ownerLabel } from "./pod/owner.ts";
import { patchBetween } from "./patch.ts";
import { sharingWarnings } from "./parts/pod-resources.ts";
import type { PodView } from "./pod/pod-view.ts";
import { beneathPod, outcomeOf, ownAnnotations, readSubjects } from "./request.ts";
import type { InjectRequest, Subjects } from "./request.ts";
import { inheritedAnnotations, resolve } from "./settings/resolve.ts";
import type { Resolved } from "./settings/resolve.ts";
import { notInjected } from "./skipped.ts";
import { unknownInNamespace, unknownKeyWarnings } from "./messages/unknown-keys.ts";
import { updated } from "./update.ts";
import {
  accountWarnings,
  attributeWarnings,
  opaqueAnnotationWarnings,
  readWarnings,
  unusablePortsWarning,
} from "./messages/warnings.ts";
import { scriptLimitIssues } from "./settings/script-limits.ts";
import type { Result } from "../base/text/result.ts";

/**
 * What injecting this object comes to. Pure: same input, same output; the object is never changed. `read`: what
 * `readSubjects` gave, for a caller who has asked it already.
 */
export const inject = (request: InjectRequest, read?: Result<Subjects>): Injection =>
  traceInjection(request, read).injection;

/** An injection, and what came to light on the way to it: `explain` tells of that. */
export interface InjectionTrace {
  readonly injection: Injection;
  /** Absent: the object cannot be read. */
  readonly subjects?: Subjects;
  /** Absent: nothing was to decide, the pod had been injected before. */
  readonly decision?: Decision;
  /** What the proxy's settings were made from; absent: there is no proxy. */
  readonly sources?: { readonly opaque: OpaquePorts; readonly resolved: Resolved };
}

export function traceInjection(
  request: InjectRequest,
  read: Result<Subjects> = readSubjects(request.object, request.requestKind),
): InjectionTrace {
  if ("issues" in read) return { injection: { kind: "refused", issues: read.issues } };
  const subjects = read.value;
  if (isOurs(subjects)) return { injection: updatedInjection(request, subjects), subjects };
  const own = ownAnnotations(subjects);
  const facts = factsOf(subjects.pod, request.installation.settings, "webhook");
  const decision = decide(facts, own, request.namespace.annotations);
  if (decision.reasons.length === 0 && subjects.pod !== undefined && subjects.target !== undefined) {
    const clash = nameClash(subjects.pod, request.installation);
    if (clash === undefined) return injected(request, subjects, subjects.pod, subjects.target, decision);
    const skip = withSidecar(decision, containerNames.init);
    return { injection: notInjected(request, subjects, skip, [clash]), subjects, decision: skip };
  }
  return { injection: notInjected(request, subjects, decision, []), subjects, decision };
}

/** A pod that weft's webhook injected before: it is here again because another webhook changed it (reinvocation). */
const isOurs = ({ pod, target }: Subjects): boolean =>
  target?.kind === "pod" &&
  pod !== undefined &&
  (pod.metadata.annotations[keys.createdBy] ?? "").startsWith("weft/webhook ") &&
  [...pod.initContainers, ...pod.containers].some(({ name }) => name === containerNames.proxy);

function updatedInjection(request: InjectRequest, subjects: Subjects): Injection {
  const object = updated(request.object, subjects.pod as PodView, request);
  return {
    ...outcomeOf(request, subjects, { annotationAt: "", reasons: [], checks: () => [] }, []),
    kind: "updated",
    object,
    patch: patchBetween(request.object, object),
  };
}

/** A regular container with the init container's name cannot be left out nor doubled (S-04); CNI mode needs none. */
function nameClash(pod: PodView, { settings }: Installation): Warning | undefined {
  if (settings.cniEnabled || !pod.containers.some(({ name }) => name === containerNames.init)) return undefined;
  return {
    about: "spec.containers",
    rank: 0,
    text: `is not injected: a container is named ${containerNames.init}, as the init container would be`,
  };
}

const withSidecar = (decision: Decision, name: string): Decision => ({
  ...decision,
  reasons: ["sidecar_already_exists"],
  checks: () =>
    decision
      .checks()
      .map((check) =>
        check.check === "sidecar_already_exists" ? { ...check, holds: true, found: `container ${name}` } : check,
      ),
});

function injected(
  request: InjectRequest,
  subjects: Subjects,
  pod: PodView,
  target: Target,
  decision: Decision,
): InjectionTrace {
  const { installation, namespace, object } = request;
  const base = installation.settings;
  const opaque = opaquePorts(
    pod.metadata.annotations,
    namespace.annotations,
    exposedDefaults(pod, base["proxy.opaquePorts"]),
  );
  const inherited = inheritedAnnotations(subjects.metadata.annotations, namespace.annotations);
  const added: Annotations = {
    [keys.createdBy]: request.createdBy,
    ...inherited,
    ...opaqueAnnotation(opaque, pod.metadata.annotations),
  };
  const resolved = settled(request, subjects, pod, added);
  const errors = faultsWith(installation, resolved.settings);
  const trace = { subjects, decision, sources: { opaque, resolved } };
  if (errors.length > 0) return { ...trace, injection: { kind: "faulted", issues: errors } };
  const owner = ownerLabel(labelledOwner(request, subjects, target));
  const meshed = mesh({
    object,
    target,
    pod,
    installation,
    settings: resolved.settings,
    opaquePorts: opaqueText(opaque, pod, base),
    annotations: added,
    labels: {
      [labels.controlPlaneNamespace]: installation.controlPlaneNamespace,
      [labels.workloadNamespace]: target.path.length === 0 ? namespace.name : subjects.metadata.namespace,
      ...owner.labels,
    },
  });
  const warnings = [
    ...injectionWarnings(resolved, pod, namespace.annotations, added),
    ...opaqueWarnings(opaque, pod),
    ...owner.warnings,
    ...meshed.warnings,
  ];
  const injection: Injection = {
    ...outcomeOf(request, subjects, decision, warnings),
    kind: "injected",
    object: meshed.object,
    patch: patchBetween(object, meshed.object),
  };
  return { ...trace, injection };
}

/** Settings of the pod: its own annotations under what is added from the namespace. */
function settled(request: InjectRequest, subjects: Subjects, pod: PodView, added: Annotations): Resolved {
  return resolve(request.installation.settings, {
    own: pod.metadata.annotations,
    added,
    addedFrom: "namespace",
    beneath: beneathPod(subjects, request.namespace.annotations, added),
    labels: pod.metadata.labels,
  });
}

/** Who is said to have made the pod: for a workload, itself. */
const labelledOwner = ({ owner }: InjectRequest, { metadata }: Subjects, { kind, path }: Target) =>
  path.length === 0 ? owner : { kind, name: metadata.name };

/** The text for the proxy: the parsed annotation, or where nothing matched the whole default list. */
export function opaqueText(opaque: OpaquePorts, pod: PodView, base: Installation["settings"]): string {
  if (opaque.from !== "default") return portList(opaque.text, pod).text;
  return opaque.text === "" ? base["proxy.opaquePorts"] : opaque.text;
}

const opaqueAnnotation = (opaque: OpaquePorts, own: Annotations): Annotations =>
  Object.hasOwn(own, keys.opaquePorts) || (opaque.from === "default" && opaque.text === "")
    ? {}
    : { [keys.opaquePorts]: opaque.text };

/** Warnings about the opaque-ports list that is used. */
export function opaqueWarnings(opaque: OpaquePorts, pod: PodView): readonly Warning[] {
  if (opaque.from === "default" || opaque.from === "switch") return [];
  const { unusable } = portList(opaque.text, pod);
  const where = opaque.from === "namespace" ? " (from the namespace)" : "";
  return unusable.length === 0 ? [] : [unusablePortsWarning(unusable, where)];
}

/** Warnings about what a pod that is injected says. */
export function injectionWarnings(
  { settings, reads, badAttributes }: Resolved,
  pod: PodView,
  namespace: Annotations,
  added: Annotations,
): readonly Warning[] {
  const { annotations } = pod.metadata;
  return [
    ...accountWarnings(textAt(pod.spec ?? {}, "serviceAccountName")),
    ...besideWarnings(pod, settings),
    ...readWarnings(reads),
    ...sharingWarnings(pod, settings),
    ...capabilityWarnings(pod, settings),
    ...opaqueAnnotationWarnings(annotations, namespace),
    ...attributeWarnings(badAttributes),
    ...scriptLimitIssues(settings).map(({ at: about, message: text }) => ({ about, rank: 1 as const, text })),
    ...unknownKeyWarnings(annotations, pod.metadata.labels),
    ...unknownInNamespace(namespace),
    ...noEffectWarnings(annotations, { ...annotations, ...added }, settings),
  ];
}
