/** The decision: facts about the pod, then tables of reasons, read from top to bottom. */
import { keys } from "../mesh/annotations.ts";
import { containerNames } from "../mesh/sidecar.ts";
import type { Annotations } from "../base/json/json.ts";
import { isMirrorPod, mirrorAnnotation, windowsIn } from "./pod/node-bound.ts";
import type { PodView } from "./pod/pod-view.ts";
import type { SkipReason } from "./outcome/reasons.ts";
import type { Settings } from "./settings/settings.ts";
import type { CheckTrace } from "./messages/trace.ts";

export interface Facts {
  readonly hostNetwork: boolean;
  /** What shows that the pod has a sidecar already, in words; empty when nothing does. */
  readonly sidecar: string;
  /** No pod template. */
  readonly unsupported: boolean;
  /** The proxy would have no token to prove its identity with. */
  readonly automountRefused: boolean;
  /** What binds the pod to nodes with Windows, in words; empty: nothing does. */
  readonly windows: string;
  readonly mirror: boolean;
  /** Some port of a regular container is UDP. Never prevents injection. */
  readonly udp: boolean;
}

/** Facts about a pod; `undefined` is an object without one. `webhook`: the contract's fact b of 2.1 counts too. */
export function factsOf(pod: PodView | undefined, settings: Settings, via: "webhook" | "cli"): Facts {
  if (pod === undefined) {
    return {
      hostNetwork: false,
      sidecar: "",
      unsupported: true,
      automountRefused: false,
      windows: "",
      mirror: false,
      udp: false,
    };
  }
  return {
    hostNetwork: pod.hostNetwork,
    sidecar: existingSidecar(pod),
    unsupported: false,
    automountRefused: !settings["identity.serviceAccountTokenProjection"] && automountRefused(pod, via),
    windows: windowsIn(pod.spec),
    mirror: isMirrorPod(pod.metadata.annotations),
    udp: pod.containers.some((container) => container.ports.some((port) => port.protocol === "UDP")),
  };
}

type AskedAt = "namespace" | "workload" | "";
export interface Decision {
  /** Empty: inject. In the order of the contract's table 2.2. */
  readonly reasons: readonly SkipReason[];
  readonly annotationAt: AskedAt;
  /** The table with what was found, for `explain`; nobody else pays for the words. */
  readonly checks: () => readonly CheckTrace[];
}

/** The webhook's decision. `own`: annotations of the pod; `inherited`: those of its namespace. */
export function decide(facts: Facts, own: Annotations, inherited: Annotations): Decision {
  const request = injectionRequest(own[keys.inject] ?? "", inherited[keys.inject] ?? "");
  const linkerds: readonly Row[] = [
    ["host_network_enabled", facts.hostNetwork, () => `spec.hostNetwork is ${facts.hostNetwork}`],
    ["sidecar_already_exists", facts.sidecar !== "", () => (facts.sidecar === "" ? "no proxy found" : facts.sidecar)],
    [
      "unsupported_resource",
      facts.unsupported,
      () => (facts.unsupported ? "no pod in this object" : "the object has a pod"),
    ],
    [
      request.reason ?? "injection_enable_annotation_absent",
      !facts.unsupported && request.reason !== undefined,
      () => `${keys.inject} is ${said(own)} on the pod and ${said(inherited)} on the namespace`,
    ],
    [
      "disabled_automount_service_account_token_account",
      facts.automountRefused,
      () => (facts.automountRefused ? "no service account token for the proxy" : "the proxy gets a token"),
    ],
  ];
  // What Linkerd has no reason for counts where nothing of the above does: its own reasons stay as they are.
  const isWanted = !linkerds.some(([, holds]) => holds);
  const table: readonly Row[] = [
    ...linkerds,
    ["windows_pod", isWanted && facts.windows !== "", () => facts.windows || "nothing says Windows"],
    [
      "mirror_pod",
      isWanted && facts.mirror,
      () => `annotation ${mirrorAnnotation} is ${facts.mirror ? "present" : "absent"}`,
    ],
  ];
  return {
    reasons: table.flatMap(([reason, holds]) => (holds ? [reason] : [])),
    annotationAt: facts.unsupported ? "" : request.at,
    checks: () => table.map(([check, holds, found]) => ({ check, holds, found: found() })),
  };
}

type Row = readonly [SkipReason, holds: boolean, found: () => string];

const said = (annotations: Annotations): string => {
  const value = annotations[keys.inject];
  return value === undefined ? "absent" : JSON.stringify(value);
};

const values = new Set(["enabled", "disabled", "ingress"]);
const isRequest = (value: string): boolean => value === "enabled" || value === "ingress";

/** The first row that matches wins. */
function injectionRequest(pod: string, namespace: string): { reason: SkipReason | undefined; at: AskedAt } {
  if (namespace !== "" && !values.has(namespace)) return { reason: "invalid_inject_annotation_at_ns", at: "" };
  if (pod !== "" && !values.has(pod)) return { reason: "invalid_inject_annotation_at_workload", at: "" };
  if (isRequest(namespace)) {
    return pod === "disabled"
      ? { reason: "injection_disable_annotation_present", at: "workload" }
      : { reason: undefined, at: "namespace" };
  }
  return isRequest(pod)
    ? { reason: undefined, at: "workload" }
    : { reason: "injection_enable_annotation_absent", at: "" };
}

/** Did somebody ask for injection, whatever came of it? */
export const askedFor = (own: Annotations, inherited: Annotations): boolean =>
  injectionAsked(own[keys.inject]) || (own[keys.inject] !== "disabled" && injectionAsked(inherited[keys.inject]));

const injectionAsked = (value: string | undefined): boolean =>
  value !== undefined && value !== "" && value !== "disabled";

const proxyImages = ["cr.l5d.io/linkerd/proxy:", "gcr.io/istio-release/proxyv2:"];
const initImages = ["cr.l5d.io/linkerd/proxy-init:", "gcr.io/istio-release/proxy_init:"];
const proxyNames = new Set<string>([containerNames.proxy, "istio-proxy"]);
const initNames = new Set<string>([containerNames.init, "istio-init"]);

/** Exact names, and prefixes of the default images. */
function existingSidecar(pod: PodView): string {
  for (const { name, image } of [...pod.initContainers, ...pod.containers]) {
    if (proxyNames.has(name)) return `container ${name}`;
    if (proxyImages.some((prefix) => image.startsWith(prefix))) return `image ${image} in container ${name}`;
  }
  for (const { name, image } of pod.initContainers) {
    if (initNames.has(name)) return `init container ${name}`;
    if (initImages.some((prefix) => image.startsWith(prefix))) return `image ${image} in init container ${name}`;
  }
  return "";
}

function automountRefused(pod: PodView, via: "webhook" | "cli"): boolean {
  const first = pod.containers[0];
  if (via === "webhook" && first !== undefined && first.tokenMount === undefined) return true;
  return pod.automount === false;
}
