/** Objects of a small cluster: what controllers of a real one would have written. */
import type { Json, JsonObject } from "../../src/core/base/json/json.ts";

export const namespaceNamed = (name: string): JsonObject => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name },
});

export interface PodAsked {
  readonly serviceAccount?: string;
  readonly namespace?: string;
  readonly meshed?: boolean;
  readonly annotations?: Readonly<Record<string, string>>;
}

export const podNamed = (name: string, ip: string, asked: PodAsked = {}): JsonObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name,
    namespace: asked.namespace ?? "shop",
    labels: {
      app: asked.serviceAccount ?? "web",
      ...(asked.meshed === false ? {} : { "linkerd.io/control-plane-ns": "linkerd" }),
    },
    annotations: asked.annotations ?? {},
  },
  spec: {
    nodeName: "node",
    serviceAccountName: asked.serviceAccount ?? "web",
    containers: [{ name: "app", ports: [{ containerPort: 8080 }] }],
  },
  status: { phase: "Running", hostIP: "192.168.0.1", podIP: ip, podIPs: [{ ip }] },
});

export const serviceNamed = (
  name: string,
  clusterIp: string,
  annotations: Readonly<Record<string, string>> = {},
): JsonObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace: "shop", annotations },
  spec: {
    type: "ClusterIP",
    clusterIP: clusterIp,
    clusterIPs: [clusterIp],
    selector: { app: name },
    ports: [{ name: "http", port: 80, targetPort: 8080, protocol: "TCP" }],
  },
});

/** `pods`: name → address. */
export const sliceOf = (service: string, pods: Readonly<Record<string, string>>): JsonObject => ({
  apiVersion: "discovery.k8s.io/v1",
  kind: "EndpointSlice",
  metadata: { name: `${service}-1`, namespace: "shop", labels: { "kubernetes.io/service-name": service } },
  addressType: "IPv4",
  ports: [{ name: "http", port: 8080, protocol: "TCP" }],
  endpoints: Object.entries(pods).map(([name, ip]): Json => ({
    addresses: [ip],
    conditions: { ready: true },
    nodeName: "node",
    targetRef: { kind: "Pod", namespace: "shop", name },
  })),
});

/** Service `web` at 10.2.0.1, with pods `web-1` and `web-2`, and a client `cart-1`. */
export const shop: readonly JsonObject[] = [
  namespaceNamed("shop"),
  podNamed("web-1", "10.1.0.1"),
  podNamed("web-2", "10.1.0.2", { meshed: false }),
  podNamed("cart-1", "10.1.0.9", { serviceAccount: "cart" }),
  serviceNamed("web", "10.2.0.1"),
  sliceOf("web", { "web-1": "10.1.0.1", "web-2": "10.1.0.2" }),
];
