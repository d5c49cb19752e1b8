/** Pods as far as traffic is about them. */
import type { JsonObject } from "../base/json/json.ts";
import { kindWord, labelsOf, numberAt, objectsAt, textAt } from "../base/json/read.ts";
import { labels as meshLabels } from "../mesh/annotations.ts";
import { defaultProxyPorts } from "../mesh/proxy-ports.ts";
import { sidecarOf } from "../mesh/sidecar.ts";
import { isRunning, podView } from "../view/from-objects.ts";

/** Who has pods; or who is spoken of in such a place, as `(not meshed)`. */
export interface End {
  /** In small letters, such as `deployment`; `sa` for a service account; empty: no workload. */
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

export interface TrafficPod {
  readonly namespace: string;
  readonly name: string;
  /** A Deployment in place of its ReplicaSet; the pod itself where nobody made it. */
  readonly owner: End;
  readonly labels: Readonly<Record<string, string>>;
  readonly ips: readonly string[];
  readonly hostNetwork: boolean;
  readonly serviceAccount: string;
  /** Such as `Running`. */
  readonly phase: string;
  readonly running: boolean;
  readonly meshed: boolean;
  readonly adminPort: number;
  /** Containers that run as the proxy's user: the rules let their connections past it. */
  readonly pastProxy: readonly string[];
}

export function trafficPod(object: JsonObject): TrafficPod {
  const view = podView(object);
  const { namespace, name, owner, ips, hostNetwork, serviceAccount, sidecar } = view;
  const labels = labelsOf(object);
  return {
    namespace,
    name,
    owner: owner === undefined ? ofPod({ namespace, name }) : { kind: kindWord(owner), namespace, name: owner.name },
    labels,
    ips,
    hostNetwork,
    serviceAccount,
    phase: textAt(object, "status", "phase"),
    running: isRunning(object, view),
    meshed: sidecar !== undefined && (labels[meshLabels.controlPlaneNamespace] ?? "") !== "",
    adminPort: sidecar?.admin ?? defaultProxyPorts.admin,
    pastProxy: pastProxy(object),
  };
}

export const ofPod = ({ namespace, name }: Pick<TrafficPod, "namespace" | "name">): End => ({
  kind: "pod",
  namespace,
  name,
});

/** A container without a user of its own has the pod's. */
function pastProxy(pod: JsonObject): readonly string[] {
  const user = numberAt(sidecarOf(pod), "securityContext", "runAsUser");
  if (user === undefined) return [];
  const ofAll = numberAt(pod, "spec", "securityContext", "runAsUser");
  return objectsAt(pod, "spec", "containers")
    .filter((container) => (numberAt(container, "securityContext", "runAsUser") ?? ofAll) === user)
    .map((container) => textAt(container, "name"))
    .filter((name) => name !== textAt(sidecarOf(pod), "name"));
}
