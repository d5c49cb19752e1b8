/** How weft is reached, by whom, and how much of it must stay. */
import type { V1NetworkPolicy, V1PodDisruptionBudget, V1Service } from "@kubernetes/client-node";
import type { JsonObject } from "../base/json/json.ts";
import { keys } from "../mesh/annotations.ts";
import type { Wire } from "./wire.ts";
import { meta } from "./meta.ts";
import { controlPlaneServices } from "../mesh/control-plane.ts";
import { components, names, podSelectorOf, ports } from "./names.ts";
import type { Component } from "./names.ts";
import type { InstallOptions } from "./chosen.ts";

export function service({ namespace }: InstallOptions): Wire<V1Service> {
  return {
    apiVersion: "v1",
    kind: "Service",
    // TLS that a proxy on the way is not to look into; Linkerd's own Service says the same.
    metadata: { ...meta(names.injector, namespace), annotations: { [keys.opaquePorts]: String(ports.service) } },
    spec: {
      type: "ClusterIP",
      selector: podSelectorOf(components.injector),
      ports: [{ name: "webhook", port: ports.service, protocol: "TCP", targetPort: "webhook" }],
    },
  };
}

/**
 * One headless Service for each port, as in Linkerd: clients then know each replica. Of one Service with several ports
 * they would mix the ports up.
 */
export const controlPlaneServiceObjects = ({ namespace }: InstallOptions): readonly Wire<V1Service>[] =>
  controlPlaneServices.map(({ name, port }) => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: meta(name, namespace, components.controller),
    spec: {
      type: "ClusterIP",
      clusterIP: "None",
      selector: podSelectorOf(components.controller),
      ports: [{ name: port.name, port: port.number, protocol: "TCP", targetPort: port.name }],
    },
  }));

/** What every Deployment has beside it. */
interface Guarded {
  readonly name: string;
  readonly component: Component;
  readonly replicas: number;
  /** Who may come in, beside probes and scrapers. */
  readonly ingress: readonly Ingress[];
}

export interface Ingress {
  readonly ports: readonly number[];
  /** In CIDR form; absent: from anywhere. */
  readonly from?: readonly string[];
}

/** One replica cannot be disrupted and stay: then draining a node must not hang. */
export function disruptionBudget({ namespace }: InstallOptions, guarded: Guarded): readonly JsonObject[] {
  const { name, component, replicas } = guarded;
  if (replicas < 2) return [];
  const budget: Wire<V1PodDisruptionBudget> = {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: meta(name, namespace, component),
    spec: {
      minAvailable: 1,
      selector: { matchLabels: podSelectorOf(component) },
      // A replica that never becomes ready must not hold up a node either.
      unhealthyPodEvictionPolicy: "AlwaysAllow",
    },
  };
  return [budget];
}

export function networkPolicy({ namespace, weft }: InstallOptions, guarded: Guarded): readonly JsonObject[] {
  if (!weft["networkPolicy.enabled"]) return [];
  const { name, component } = guarded;
  const tcp = (port: number) => ({ protocol: "TCP", port });
  const policy: Wire<V1NetworkPolicy> = {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: meta(name, namespace, component),
    spec: {
      podSelector: { matchLabels: podSelectorOf(component) },
      policyTypes: ["Ingress", "Egress"],
      // From anywhere, if nothing is said: API servers, kubelets and their probes are no pods that a selector could
      // name, and proxies are in every namespace.
      ingress: [...guarded.ingress, { ports: [ports.admin] }].map(({ ports: open, from }: Ingress) => ({
        ...(from === undefined ? {} : { from: from.map((cidr) => ({ ipBlock: { cidr } })) }),
        ports: open.map(tcp),
      })),
      egress: [
        { ports: weft["networkPolicy.apiServerPorts"].map(tcp) },
        // In some managed clusters the API server has a name, not an address.
        { ports: [{ protocol: "UDP", port: 53 }, tcp(53)] },
      ],
    },
  };
  return [policy];
}
