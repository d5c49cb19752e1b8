/** How weft is reached, by whom, and how much of it must stay. */
import type { V1NetworkPolicy, V1PodDisruptionBudget, V1Service } from "@kubernetes/client-node";
import type { JsonObject } from "../mesh/api.ts";
import { keys } from "../mesh/annotations.ts";
import type { Wire } from "../mesh/models.ts";
import type { Choices } from "./choices.ts";
import { meta } from "./meta.ts";
import { names, podSelector, ports } from "./names.ts";

export function service({ namespace }: Choices): Wire<V1Service> {
  return {
    apiVersion: "v1",
    kind: "Service",
    // TLS that a proxy on the way is not to look into; Linkerd's own Service says the same (contract 9.2).
    metadata: { ...meta(names.injector, namespace), annotations: { [keys.opaquePorts]: String(ports.service) } },
    spec: {
      type: "ClusterIP",
      selector: podSelector,
      ports: [{ name: "webhook", port: ports.service, protocol: "TCP", targetPort: "webhook" }],
    },
  };
}

/** One replica cannot be disrupted and stay: then draining a node must not hang. */
export function disruptionBudget({ namespace, weft }: Choices): readonly JsonObject[] {
  if (weft.replicas < 2) return [];
  const budget: Wire<V1PodDisruptionBudget> = {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: meta(names.injector, namespace),
    spec: {
      minAvailable: 1,
      selector: { matchLabels: podSelector },
      // A replica that never becomes ready must not hold up a node either.
      unhealthyPodEvictionPolicy: "AlwaysAllow",
    },
  };
  return [budget];
}

export function networkPolicy({ namespace, weft }: Choices): readonly JsonObject[] {
  if (!weft["networkPolicy.enabled"]) return [];
  const tcp = (port: number) => ({ protocol: "TCP", port });
  const policy: Wire<V1NetworkPolicy> = {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: meta(names.injector, namespace),
    spec: {
      podSelector: { matchLabels: podSelector },
      policyTypes: ["Ingress", "Egress"],
      // From anywhere: API servers, kubelets and their probes are no pods that a selector could name.
      ingress: [{ ports: [tcp(ports.webhook), tcp(ports.admin)] }],
      egress: [
        { ports: weft["networkPolicy.apiServerPorts"].map(tcp) },
        // In some managed clusters the API server has a name, not an address.
        { ports: [{ protocol: "UDP", port: 53 }, tcp(53)] },
      ],
    },
  };
  return [policy];
}
