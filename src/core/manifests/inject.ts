/** `weft inject`, one object: annotated for the webhook, or with `--manual` the whole proxy put in. */
import { factsOf } from "../inject/decide.ts";
import type { Facts } from "../inject/decide.ts";
import type { Injection, Warning } from "../inject/outcome/injection.ts";
import { targetOf } from "../inject/pod/kinds.ts";
import type { Target } from "../inject/pod/kinds.ts";
import { withMetadata } from "../inject/parts/pod-metadata.ts";
import type { PodView } from "../inject/pod/pod-view.ts";
import { reasonsText, skipReasonTexts } from "../inject/outcome/reasons.ts";
import type { SkipReason } from "../inject/outcome/reasons.ts";
import { readSubjects } from "../inject/request.ts";
import { uninject } from "../inject/uninject.ts";
import { mostOfAKind, skippedWarning, sorted } from "../inject/messages/warnings.ts";
import { knownKeys, unknownKeyWarnings } from "../inject/messages/unknown-keys.ts";
import { keys, labels, linkerdDomain } from "../mesh/annotations.ts";
import type { Annotations, JsonObject } from "../base/json/json.ts";
import { quoted } from "../base/text/quote.ts";
import type { FlagEffects } from "./flags.ts";
import { identityOf } from "./names.ts";
import { untouched } from "./report.ts";
import type { ObjectReport } from "./report.ts";
import type { ChangedObject } from "./transform.ts";
import type { Failed } from "../base/text/result.ts";

export interface InjectHow {
  readonly flags: FlagEffects;
  /** `--ingress`: said, denied, or not mentioned. */
  readonly ingress: boolean | undefined;
  /** `--manual`: puts the proxy in. Without it the object is annotated and the webhook does the rest. */
  readonly manually: ManualInjection | undefined;
  /** A Namespace that says `disabled` is meshed all the same, as Linkerd does it. */
  readonly overwriteDisabled: boolean;
  /** What the webhook would say of an object as it comes out, and of its pods. */
  readonly advise: (object: JsonObject) => readonly Warning[];
}

/** Puts the proxy into an object that has a pod; `added`: annotations that the pod gets beside its own. */
export type ManualInjection = (object: JsonObject, added: Annotations) => Injection;

type Changed = ChangedObject | Failed;

/**
 * The object as it shall be written, or why the whole run must fail. The author is at the keyboard now: they are told what
 * the webhook would warn about.
 */
export function injectObject(written: JsonObject, how: InjectHow): Changed {
  const result = injectWritten(written, how);
  if ("issues" in result) return result;
  const advised = result.report.supported ? how.advise(result.object) : [];
  const told = [...result.warnings, ...mistypedIn(written), ...leftOutOf(written, result.object), ...advised];
  const distinct = new Map(told.map((warning) => [warning.text, warning]));
  return { ...result, warnings: sorted([...distinct.values()]) };
}

/** Keys that look mistyped, where the author wrote them: with an earlier injection some are taken out. */
const mistypedIn = (written: JsonObject): readonly Warning[] =>
  metadataOf(written).flatMap(({ annotations, labels }) => unknownKeyWarnings(annotations, labels));

/** Annotations that went with an earlier injection, and that none has made: Linkerd takes them out by their prefix. */
function leftOutOf(written: JsonObject, result: JsonObject): readonly Warning[] {
  const after = metadataOf(result);
  return metadataOf(written)
    .flatMap(({ annotations }, index) =>
      Object.keys(annotations).filter((key) => !Object.hasOwn(after[index]?.annotations ?? {}, key)),
    )
    .filter((key) => !knownKeys.has(key))
    .slice(0, mostOfAKind)
    .map((key) => ({
      about: key,
      rank: 2,
      text: `annotation ${quoted(key, 100)} is left out, as what begins with ${linkerdDomain} is taken for an earlier injection's`,
    }));
}

/** Of the object and of its pods. */
function metadataOf(object: JsonObject): readonly PodView["metadata"][] {
  const read = targetOf(object) === undefined ? undefined : readSubjects(object);
  if (read === undefined || "issues" in read) return [];
  const { metadata, pod = { metadata } } = read.value;
  return [metadata, pod.metadata];
}

/** An earlier injection is taken out first. */
function injectWritten(written: JsonObject, how: InjectHow): Changed {
  const { object } = uninject(written, { keepIngress: how.ingress !== false });
  const { kind, name } = identityOf(object);
  const target = targetOf(object);
  if (target === undefined) return { object, report: untouched(kind, name), warnings: [] };
  const read = readSubjects(object);
  if ("issues" in read) return read;
  const { pod, metadata } = read.value;
  if (target.kind === "namespace") return annotatedNamespace(object, name, metadata.annotations, how);
  if (target.kind === "service") return annotated(object, name, serviceAnnotations(how));
  return pod === undefined
    ? failed(`has no pod template at ${target.path.join(".")}`)
    : injectPod({ written, object, name, target, pod }, how);
}

interface WithPod {
  readonly written: JsonObject;
  /** Without an earlier injection. */
  readonly object: JsonObject;
  readonly name: string;
  readonly target: Target;
  readonly pod: PodView;
}

function injectPod({ written, object, name, target, pod }: WithPod, how: InjectHow): Changed {
  if (Object.hasOwn(pod.metadata.labels, labels.controlPlaneComponent) && how.manually === undefined) {
    return failed("--manual must be set when injecting control plane components");
  }
  const facts = factsOf(pod, how.flags.settings, "cli");
  const disabled = pod.metadata.annotations[keys.inject] === "disabled";
  const elsewhere = disabled ? [] : elsewhereOf(facts);
  const report: ObjectReport = {
    kind: target.kind,
    name,
    outcome: disabled || elsewhere.length > 0 ? "skipped" : "injected",
    hostNetwork: facts.hostNetwork,
    sidecar: facts.sidecar !== "",
    udp: facts.udp,
    disabled,
    automountRefused: facts.automountRefused,
    windows: elsewhere.includes("windows_pod"),
    mirror: elsewhere.includes("mirror_pod"),
    supported: true,
  };
  // Whoever says "disabled" is left alone, whatever else holds (S-46, S-57).
  if (disabled) return { object, report, warnings: [] };
  // Where a pod of the cluster would be left as it is, so is the manifest, beside others that get the proxy.
  if (elsewhere.length > 0) return { object: written, report, warnings: [skippedWarning(elsewhere)] };
  const obstacles = obstaclesIn(facts);
  if (obstacles.length > 0) return failed(`failed to inject: ${obstacles.join(", ")}`);
  const added = { ...how.flags.annotations, ...how.flags.onPods };
  if (how.manually === undefined) {
    const mode = pod.metadata.annotations[keys.inject] === "ingress" ? "ingress" : "enabled";
    const result = withMetadata(object, target.path, { annotations: { [keys.inject]: mode, ...added } });
    return { object: result, report, warnings: [] };
  }
  const beside = how.ingress === true ? { ...added, [keys.inject]: "ingress" } : added;
  return meshed(how.manually(object, beside), report);
}

function meshed(injection: Injection, report: ObjectReport): Changed {
  switch (injection.kind) {
    case "injected":
    case "updated":
      return { object: injection.object, report, warnings: injection.warnings };
    case "refused":
    case "faulted":
      return { issues: injection.issues };
    case "annotated":
    case "skipped":
      return failed(`failed to inject: ${reasonsText(injection.reasons)}`);
  }
}

const failed = (message: string): Failed => ({ issues: [{ at: "", message }] });

/** What weft alone does not inject. */
const elsewhereOf = (facts: Facts): readonly SkipReason[] => [
  ...(facts.windows === "" ? [] : (["windows_pod"] as const)),
  ...(facts.mirror ? (["mirror_pod"] as const) : []),
];

/** The texts and their order are Linkerd's. */
const obstaclesIn = (facts: Facts): readonly string[] => [
  ...(facts.automountRefused ? [skipReasonTexts.disabled_automount_service_account_token_account] : []),
  ...(facts.hostNetwork ? [skipReasonTexts.host_network_enabled] : []),
  ...(facts.sidecar === "" ? [] : [skipReasonTexts.sidecar_already_exists]),
  ...((facts.automountRefused || facts.hostNetwork || facts.sidecar !== "") && facts.udp
    ? ["UDP port(s) configured on pod spec"]
    : []),
];

/** A Namespace or a Service; nothing to write leaves it as it is. */
function annotated(object: JsonObject, name: string, annotations: Annotations): Changed {
  const { kind } = identityOf(object);
  const outcome = Object.keys(annotations).length > 0 ? "annotated" : "skipped";
  return {
    object: withMetadata(object, [], { annotations }),
    report: { ...untouched(kind, name), outcome, supported: true },
    warnings: [],
  };
}

/** Whoever says "disabled" is left alone, unless the user insists. */
function annotatedNamespace(object: JsonObject, name: string, own: Annotations, how: InjectHow): Changed {
  if (own[keys.inject] !== "disabled" || how.overwriteDisabled) {
    return annotated(object, name, namespaceAnnotations(own, how));
  }
  return { object, report: { ...untouched("namespace", name), disabled: true, supported: true }, warnings: [] };
}

const namespaceAnnotations = (own: Annotations, { flags }: InjectHow): Annotations => ({
  [keys.inject]: own[keys.inject] === "ingress" ? "ingress" : "enabled",
  ...flags.annotations,
});

function serviceAnnotations({ flags }: InjectHow): Annotations {
  const ports = flags.annotations[keys.opaquePorts];
  return ports === undefined ? {} : { [keys.opaquePorts]: ports };
}
