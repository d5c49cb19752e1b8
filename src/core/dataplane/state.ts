/**
 * What a stored pod is in the mesh: meshed, by whom and as it would be now or not; or not meshed, and why. Made of the
 * pod as the API server has it, with the engine's own answers: whether it would be injected now, and into what.
 */
import { inject } from "../inject/inject.ts";
import type { Injection } from "../inject/outcome/injection.ts";
import type { SkipReason } from "../inject/outcome/reasons.ts";
import { askedFor } from "../inject/decide.ts";
import type { Installation } from "../inject/settings/installation.ts";
import { podTrust } from "../identity/rotation-objects.ts";
import type { Fingerprint } from "../identity/rotation.ts";
import type { Annotations, JsonObject, Labels } from "../base/json/json.ts";
import { annotationsOf, controllerOf, labelsOf, nameOf, textAt } from "../base/json/read.ts";
import type { Controller } from "../base/json/read.ts";
import type { Issue } from "../base/text/issue.ts";
import { keyFamilies, keys, labels } from "../mesh/annotations.ts";
import { defaultProxyPorts, sidecarPorts } from "../mesh/proxy-ports.ts";
import { sidecarOf } from "../mesh/sidecar.ts";
import { entryFor } from "../registration/entry-for.ts";
import type { Reach } from "../registration/rows.ts";
import { differences } from "./differences.ts";
import type { Difference } from "./differences.ts";
import { asCreated } from "./as-created.ts";
import { readinessOf } from "./readiness.ts";
import type { Readiness } from "./readiness.ts";
import { timeAt } from "./times.ts";

/** What the pods of a mesh are compared with. Times are milliseconds since 1970. */
export interface MeshNow {
  /** Settings and trust anchors as they are stored. */
  readonly installation: Installation;
  /** Undefined: nothing is registered, so no pod is seen. */
  readonly registration: { readonly reach: Reach; readonly made: number | undefined } | undefined;
  /** Of the certificates in a PEM text. */
  readonly fingerprints: (pem: string) => readonly Fingerprint[];
}

export interface NamespaceNow {
  readonly name: string;
  readonly annotations: Annotations;
  readonly labels: Labels;
  /** When its annotation `linkerd.io/inject` was written, at the latest (`askedSince`). Undefined: not known. */
  readonly asked: number | undefined;
}

export type PodState = Meshed | Unmeshed | Unreadable;

interface Common {
  readonly namespace: string;
  readonly name: string;
  /** Who made it, a Deployment in place of its ReplicaSet; undefined: nobody, it is a bare pod. */
  readonly controller: Controller | undefined;
  readonly made: number | undefined;
  readonly readiness: Readiness;
  /** Its annotations of Linkerd's families. */
  readonly annotations: Annotations;
}

export interface Meshed extends Common {
  readonly kind: "meshed";
  readonly by: InjectedBy;
  /** Blank: its labels do not say. */
  readonly controlPlaneNamespace: string;
  /** That is where this mesh has its control plane. */
  readonly isOfMesh: boolean;
  readonly proxy: Proxy;
  readonly trust: Trust;
  readonly now: Now;
}

export interface InjectedBy {
  /** `manual`: a manifest with the proxy in it was applied. `other`: it does not say, or something that nobody knows. */
  readonly kind: "weft" | "linkerd" | "manual" | "other";
  /** As `linkerd.io/created-by` says it, such as `weft/webhook 0.1.0`; blank when it does not. */
  readonly maker: string;
}

interface Proxy {
  readonly image: string;
  /** Tag of the image, else what its annotation says; blank: neither. */
  readonly version: string;
  /** An init container that goes on, in place of a container. */
  readonly isNative: boolean;
  readonly adminPort: number;
}

/** Whom it trusts, beside the stored anchors. */
export type Trust =
  | { readonly kind: "stored" }
  | { readonly kind: "other"; readonly lacking: readonly Fingerprint[]; readonly surplus: readonly Fingerprint[] }
  /** Its environment does not say, and the hash in its annotation is another one. */
  | { readonly kind: "unknown"; readonly hash: string };

/** What it would get if it were made now, trust anchors aside: `trust` has these. */
export type Now =
  | { readonly kind: "same" }
  | { readonly kind: "differs"; readonly differences: readonly Difference[] }
  | { readonly kind: "no proxy"; readonly reasons: readonly SkipReason[] }
  | { readonly kind: "unknown"; readonly issues: readonly Issue[] };

export interface Unmeshed extends Common {
  readonly kind: "unmeshed";
  /** Whose annotation asks for a proxy; blank: nobody's. */
  readonly asked: "namespace" | "workload" | "";
  readonly why: WhyUnmeshed;
}

export type WhyUnmeshed =
  | { readonly kind: "not asked" }
  /** `linkerd.io/inject: disabled`. */
  | { readonly kind: "opted out" }
  /** It would be left out now as well. */
  | { readonly kind: "skipped"; readonly reasons: readonly SkipReason[] }
  /** No entry of the registration sees it: its namespace is excluded, or it belongs to a control plane. */
  | { readonly kind: "not seen" }
  /** `than`: weft's registration, or its namespace's annotation; `since`: when that was written, at the latest. */
  | { readonly kind: "older"; readonly than: "registration" | "annotation"; readonly since: number }
  /** It asks, is seen and would be injected: when it was made nobody answered, or its failure was ignored. */
  | { readonly kind: "passed by" }
  /** The settings cannot inject it. */
  | { readonly kind: "faulted"; readonly issues: readonly Issue[] };

/** Not of the shape that a pod has. */
interface Unreadable extends Common {
  readonly kind: "unreadable";
  readonly issues: readonly Issue[];
}

/** The pod need not say its kind, as in a list. */
export function podState(pod: JsonObject, namespace: NamespaceNow, mesh: MeshNow): PodState {
  const annotations = annotationsOf(pod);
  const common: Common = {
    namespace: namespace.name,
    name: nameOf(pod),
    controller: controllerOf(pod),
    made: timeAt(pod, "metadata", "creationTimestamp"),
    readiness: readinessOf(pod),
    annotations: Object.fromEntries(Object.entries(annotations).filter(([key]) => isOfFamily(key))),
  };
  const sidecar = sidecarOf(pod);
  if (sidecar === undefined) return withoutProxy(common, pod, namespace, mesh);
  const controlPlaneNamespace = labelsOf(pod)[labels.controlPlaneNamespace] ?? "";
  return {
    ...common,
    kind: "meshed",
    by: injectedBy(annotations[keys.createdBy] ?? ""),
    controlPlaneNamespace,
    isOfMesh: controlPlaneNamespace === mesh.installation.controlPlaneNamespace,
    proxy: proxyOf(sidecar, annotations),
    trust: trustOf(pod, mesh),
    now: nowOf(pod, namespace, mesh),
  };
}

const isOfFamily = (key: string): boolean => keyFamilies.includes(key.slice(0, Math.max(0, key.indexOf("/"))));

const makers: readonly (readonly [start: string, kind: InjectedBy["kind"]])[] = [
  ["weft/webhook ", "weft"],
  ["linkerd/proxy-injector ", "linkerd"],
  ["weft/", "manual"],
  ["linkerd/cli ", "manual"],
];

/** By what `linkerd.io/created-by` says. */
export const injectedBy = (maker: string): InjectedBy => ({
  kind: makers.find(([start]) => maker.startsWith(start))?.[1] ?? "other",
  maker,
});

function proxyOf(sidecar: JsonObject, annotations: Annotations): Proxy {
  const image = textAt(sidecar, "image");
  const tag = /:([\w][\w.-]*)$/.exec(image.replace(/@.*$/, ""))?.[1];
  return {
    image,
    version: tag ?? annotations[keys.proxyVersionWritten] ?? "",
    isNative: textAt(sidecar, "restartPolicy") === "Always",
    adminPort: sidecarPorts(sidecar).admin ?? defaultProxyPorts.admin,
  };
}

function trustOf(pod: JsonObject, { installation, fingerprints }: MeshNow): Trust {
  const { pem, sha256 } = installation.trustAnchors;
  // Of a pod that has ended nothing is asked.
  const found = podTrust({ ...pod, status: {} }, fingerprints);
  const hash = found?.trustRoot ?? "";
  if (found?.anchors === undefined) return hash === sha256 ? { kind: "stored" } : { kind: "unknown", hash };
  const has = new Set(found.anchors);
  const stored = fingerprints(pem);
  const lacking = stored.filter((each) => !has.has(each));
  const surplus = found.anchors.filter((each) => !stored.includes(each));
  return lacking.length + surplus.length === 0 ? { kind: "stored" } : { kind: "other", lacking, surplus };
}

const injectionOf = (object: JsonObject, namespace: NamespaceNow, { installation }: MeshNow): Injection =>
  inject({ object, namespace, installation, owner: { kind: "pod", name: nameOf(object) }, createdBy: "" });

function nowOf(pod: JsonObject, namespace: NamespaceNow, mesh: MeshNow): Now {
  const injection = injectionOf(asCreated(pod), namespace, mesh);
  switch (injection.kind) {
    case "refused":
    case "faulted":
      return { kind: "unknown", issues: injection.issues };
    case "skipped":
    case "annotated":
      return { kind: "no proxy", reasons: injection.reasons };
    case "injected":
    case "updated": {
      const found = differences(pod, injection.object);
      return found.length === 0 ? { kind: "same" } : { kind: "differs", differences: found };
    }
  }
}

function withoutProxy(common: Common, pod: JsonObject, namespace: NamespaceNow, mesh: MeshNow): Unmeshed | Unreadable {
  const object = { ...pod, apiVersion: "v1", kind: "Pod" };
  const injection = injectionOf(object, namespace, mesh);
  if (injection.kind === "refused") return { ...common, kind: "unreadable", issues: injection.issues };
  const asked = askedBy(common.annotations, namespace.annotations);
  return {
    ...common,
    kind: "unmeshed",
    asked,
    why: whyUnmeshed(common, injection, { asked, object, namespace, mesh }),
  };
}

function askedBy(own: Annotations, inherited: Annotations): Unmeshed["asked"] {
  if (!askedFor(own, inherited)) return "";
  return askedFor({}, inherited) ? "namespace" : "workload";
}

interface Asked {
  readonly asked: Unmeshed["asked"];
  readonly object: JsonObject;
  readonly namespace: NamespaceNow;
  readonly mesh: MeshNow;
}

/** The first row that holds. */
function whyUnmeshed(
  { made, annotations }: Common,
  injection: Exclude<Injection, { kind: "refused" }>,
  { asked, object, namespace, mesh: { registration } }: Asked,
): WhyUnmeshed {
  if (asked === "") return annotations[keys.inject] === "disabled" ? { kind: "opted out" } : { kind: "not asked" };
  if (injection.kind === "faulted") return { kind: "faulted", issues: injection.issues };
  if ("reasons" in injection) return { kind: "skipped", reasons: injection.reasons };
  if (registration === undefined || entryFor(namespace, object, registration.reach) === undefined)
    return { kind: "not seen" };
  const isOlder = (time: number | undefined): time is number => time !== undefined && made !== undefined && made < time;
  if (isOlder(registration.made)) return { kind: "older", than: "registration", since: registration.made };
  if (asked === "namespace" && isOlder(namespace.asked))
    return { kind: "older", than: "annotation", since: namespace.asked };
  return { kind: "passed by" };
}
