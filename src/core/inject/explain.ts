/**
 * Why an injection comes out as it does: each check, each annotation with where it came from and what it changed, the
 * ports, the containers. Made from the very course of `inject`, so that it cannot tell another story.
 */
import { keys, traceAttributePrefix } from "../mesh/annotations.ts";
import type { JsonObject } from "../base/json/json.ts";
import type { Issue } from "../base/text/issue.ts";
import { issuesOf } from "../base/text/result.ts";
import { annotationRows, settingText } from "./settings/annotation-settings.ts";
import { traceInjection, opaqueText } from "./inject.ts";
import type { InjectionTrace } from "./inject.ts";
import { initMode } from "./settings/init-mode.ts";
import type { Injection, Owner, Subject, Warning } from "./outcome/injection.ts";
import { nameOf, targetOf } from "./pod/kinds.ts";
import { inboundPorts } from "./pod/opaque-ports.ts";
import type { OpaquePorts } from "./pod/opaque-ports.ts";
import { readPod } from "./pod/pod-view.ts";
import { skipReasonTexts } from "./outcome/reasons.ts";
import type { SkipReason } from "./outcome/reasons.ts";
import type { InjectRequest } from "./request.ts";
import type { AnnotationRead, Resolved } from "./settings/resolve.ts";
import { opaquePortsOfSkipped } from "./skipped.ts";
import type {
  AnnotationTrace,
  CheckTrace,
  ContainerTrace,
  OpaquePortsTrace,
  ReasonTrace,
  RedirectTrace,
  SettingChange,
  SettingKept,
} from "./messages/trace.ts";
import { readWarnings } from "./messages/warnings.ts";

/** What `weft explain -o json` prints for each object. */
export interface Explanation<Reason extends string = SkipReason> {
  readonly outcome: Injection["kind"];
  readonly subject: Subject;
  readonly namespace: string;
  readonly owner: Owner;
  /** Whose annotation asked for injection; empty: nobody's. */
  readonly askedBy: "namespace" | "workload" | "";
  readonly reasons: readonly ReasonTrace<Reason>[];
  readonly checks: readonly CheckTrace[];
  readonly annotations: readonly AnnotationTrace[];
  /** Settings that an annotation could change and none did. */
  readonly kept: readonly SettingKept[];
  readonly opaquePorts?: OpaquePortsTrace;
  /** Ports that the proxy takes inbound connections for, joined by commas; absent where there is no proxy. */
  readonly inboundPorts?: string;
  /** What redirects the pod's traffic; absent where there is no proxy. */
  readonly redirectedBy?: RedirectTrace;
  /** Of the pod that results. */
  readonly containers: readonly ContainerTrace[];
  readonly warnings: readonly Warning[];
  /** Why the object is refused, or why these settings cannot inject. */
  readonly issues: readonly Issue[];
}

/** The injection of this object, told. The same request gives `inject` the same outcome. */
export function explain(request: InjectRequest): Explanation {
  const trace = traceInjection(request);
  const { injection, decision, sources } = trace;
  const isSaid = "warnings" in injection;
  const warnings = isSaid ? injection.warnings : [];
  const reasons = "reasons" in injection ? injection.reasons : [];
  const { kind = "object" } = targetOf(request.object, request.requestKind) ?? {};
  return {
    outcome: injection.kind,
    subject: isSaid ? injection.subject : { kind, name: nameOf(request.object) },
    namespace: request.namespace.name,
    owner: request.owner,
    askedBy: decision?.annotationAt ?? "",
    reasons: reasons.map((reason) => ({ reason, text: skipReasonTexts[reason], advice: advice[reason] })),
    checks: decision?.checks() ?? [],
    annotations:
      sources === undefined
        ? []
        : [...annotationTraces(sources.resolved, warnings), ...attributeTraces(request, trace, sources.resolved)],
    kept: sources === undefined ? [] : keptSettings(request, sources.resolved),
    ...portsOf(request, trace),
    ...(sources === undefined ? {} : { redirectedBy: redirectTrace(sources.resolved) }),
    containers: containersOf(request, injection),
    warnings,
    issues: issuesOf(injection),
  };
}

/** The same object where something before injection leaves it alone: nothing of its settings is told then. */
export const skippedFor = <Reason extends string>(
  { subject, namespace, owner, askedBy, containers }: Explanation<string>,
  reason: ReasonTrace<Reason>,
  warnings: readonly Warning[],
): Explanation<Reason> => ({
  subject,
  namespace,
  owner,
  askedBy,
  outcome: "skipped",
  reasons: [reason],
  checks: [],
  annotations: [],
  kept: [],
  containers: containers.filter(({ added }) => !added),
  warnings,
  issues: [],
});

const advice: Readonly<Record<SkipReason, string>> = {
  host_network_enabled:
    "the proxy would redirect the traffic of the whole node; take hostNetwork away if the pod can do without",
  sidecar_already_exists:
    "one pod has one proxy; take out the one that is there (weft uninject removes Linkerd's from manifests)",
  unsupported_resource: "only pods, and workloads with a pod template, get a proxy",
  injection_enable_annotation_absent: `set ${keys.inject}: enabled on the pod (in a workload: on its template) or on its namespace`,
  injection_disable_annotation_present: `take ${keys.inject}: disabled off the pod if it should be meshed`,
  invalid_inject_annotation_at_workload: `write ${keys.inject} as enabled, disabled or ingress`,
  invalid_inject_annotation_at_ns: `write ${keys.inject} of the namespace as enabled, disabled or ingress; until then none of its pods is injected`,
  disabled_automount_service_account_token_account:
    "allow the pod its service account token, or set identity.serviceAccountTokenProjection: true",
  windows_pod: `the proxy runs on Linux alone; ${keys.inject}: disabled says that the pod is to be without`,
  mirror_pod:
    "what the kubelet runs from a file has no service account, and so no identity in the mesh; a DaemonSet has",
};

const annotationTraces = ({ reads }: Resolved, warnings: readonly Warning[]): readonly AnnotationTrace[] =>
  // What `linkerd.io/inject` decides is among the checks; as a setting only `ingress` says something.
  reads
    .filter(({ row, reading }) => row.annotation !== keys.inject || reading !== undefined)
    .map((read) => annotationTrace(read, warnings));

function annotationTrace(read: AnnotationRead, warnings: readonly Warning[]): AnnotationTrace {
  const { row, text, from, reading } = read;
  const { annotation, meaning } = row;
  const warning = readWarnings([read])[0] ?? warnings.find(({ about }) => about === annotation);
  return {
    annotation,
    value: text,
    from,
    meaning,
    used: reading !== undefined && Object.keys(reading.override).length > 0,
    changes: changesOf(read),
    ...(warning === undefined ? {} : { warning: warning.text }),
  };
}

/** `resource.opentelemetry.io/*`, which are no settings of one name each. */
function attributeTraces(
  { installation }: InjectRequest,
  { subjects }: InjectionTrace,
  { settings, badAttributes }: Resolved,
): readonly AnnotationTrace[] {
  const before = installation.settings["proxy.tracing.labels"];
  return Object.entries(subjects?.pod?.metadata.annotations ?? {})
    .filter(([annotation]) => annotation.startsWith(traceAttributePrefix))
    .map(([annotation, value]) => {
      const name = annotation.slice(traceAttributePrefix.length);
      const setting = `proxy.tracing.labels.${name}`;
      const trace = { annotation, value, from: "pod", meaning: "attribute of the proxy's spans" } as const;
      if (!settings["proxy.tracing.enabled"]) {
        return { ...trace, used: false, changes: [], warning: "has no effect: proxy.tracing.enabled is false" };
      }
      const why = badAttributes.get(annotation);
      if (why !== undefined) {
        return { ...trace, used: false, changes: [], warning: `${annotation} is left out: ${why}` };
      }
      const had = Object.hasOwn(before, name) ? before[name] : undefined;
      const change = { setting, before: settingText(had), after: settingText(value) };
      return { ...trace, used: true, changes: change.before === change.after ? [] : [change] };
    });
}

const changesOf = ({ row, before, reading }: AnnotationRead): readonly SettingChange[] => {
  const after = { ...before, ...reading?.override };
  return row.sets
    .map((setting) => ({ setting, before: settingText(before[setting]), after: settingText(after[setting]) }))
    .filter((change) => change.before !== change.after);
};

function keptSettings({ installation }: InjectRequest, { settings }: Resolved): readonly SettingKept[] {
  const base = { ...installation.settings, debugSidecar: false };
  const paths = new Set(annotationRows.flatMap(({ sets }) => sets));
  return [...paths]
    .filter((path) => settingText(settings[path]) === settingText(base[path]))
    .map((setting) => ({ setting, value: settingText(base[setting]) }));
}

function portsOf(
  request: InjectRequest,
  { subjects, sources }: InjectionTrace,
): Pick<Explanation, "opaquePorts" | "inboundPorts"> {
  const pod = subjects?.pod;
  if (sources !== undefined && pod !== undefined) {
    const { opaque } = sources;
    const proxy = opaqueText(opaque, pod, request.installation.settings);
    return { opaquePorts: { ...opaqueTrace(opaque), proxy }, inboundPorts: inboundPorts(pod) };
  }
  if (subjects?.target === undefined) return {};
  const opaque = opaquePortsOfSkipped(request, subjects);
  return "issues" in opaque || opaque.value === undefined ? {} : { opaquePorts: opaqueTrace(opaque.value) };
}

const redirectTrace = ({ settings }: Resolved): RedirectTrace => (settings.cniEnabled ? "cni" : initMode(settings));

const opaqueTrace = (opaque: OpaquePorts): OpaquePortsTrace => ({
  annotation: opaque.text,
  from: opaque.from === "switch" ? `${opaque.at} switch` : opaque.from,
});

/** Containers of the pod as it will be; of an object that cannot be read, none. */
function containersOf({ object, requestKind }: InjectRequest, injection: Injection): readonly ContainerTrace[] {
  const before = new Set(containersIn(object, requestKind).map(({ name }) => name));
  const result = "object" in injection ? injection.object : object;
  return containersIn(result, requestKind).map((container) => ({ ...container, added: !before.has(container.name) }));
}

function containersIn(
  object: JsonObject,
  requestKind: InjectRequest["requestKind"],
): readonly Omit<ContainerTrace, "added">[] {
  const target = targetOf(object, requestKind);
  const pod = target?.pod === undefined ? undefined : readPod(target.pod);
  if (pod === undefined || "issues" in pod) return [];
  return [
    ...pod.value.initContainers.map(({ name, image, raw }) => ({
      name,
      image,
      kind: raw["restartPolicy"] === "Always" ? ("sidecar" as const) : ("init" as const),
    })),
    ...pod.value.containers.map(({ name, image }) => ({ name, image, kind: "regular" as const })),
  ];
}
