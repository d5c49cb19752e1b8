/** Objects of the tests' cluster. */
import type { JsonObject } from "../../../src/core/base/json/json.ts";

export const namespaceObject = (name: string): JsonObject => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name },
});

export const nodeObject: JsonObject = {
  apiVersion: "v1",
  kind: "Node",
  metadata: { name: "node", labels: { "topology.kubernetes.io/zone": "here" } },
};

interface ServicePort {
  readonly name: string;
  readonly port: number;
  readonly targetPort: number;
  readonly appProtocol?: string;
}

export interface ServiceAsked {
  readonly name: string;
  readonly namespace: string;
  readonly clusterIp: string;
  readonly ports: readonly ServicePort[];
  readonly selector: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export const serviceObject = (asked: ServiceAsked): JsonObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: asked.name, namespace: asked.namespace, annotations: asked.annotations ?? {} },
  spec: {
    type: "ClusterIP",
    clusterIP: asked.clusterIp,
    clusterIPs: [asked.clusterIp],
    selector: asked.selector,
    ports: asked.ports.map((port) => ({ ...port, protocol: "TCP" })),
  },
});

/** The EndpointSlice that the endpoint controller would write. */
export const sliceObject = (
  { name, namespace, ports }: ServiceAsked,
  pods: readonly { readonly name: string; readonly ip: string }[],
): JsonObject => ({
  apiVersion: "discovery.k8s.io/v1",
  kind: "EndpointSlice",
  metadata: { name: `${name}-1`, namespace, labels: { "kubernetes.io/service-name": name } },
  addressType: pods.some(({ ip }) => ip.includes(":")) ? "IPv6" : "IPv4",
  ports: ports.map(({ name: port, targetPort }) => ({ name: port, port: targetPort, protocol: "TCP" })),
  endpoints: pods.map((pod) => ({
    addresses: [pod.ip],
    conditions: { ready: true },
    nodeName: "node",
    zone: "here",
    targetRef: { kind: "Pod", namespace, name: pod.name },
  })),
});

/** weft's NetworkPolicy. */
export const networkPolicy = (
  name: string,
  service: string,
  { from, port }: { readonly from: Readonly<Record<string, string>>; readonly port: number },
): JsonObject => ({
  apiVersion: "policy.linkerd.io/v1alpha1",
  kind: "NetworkPolicy",
  metadata: { name, namespace: "shop", generation: 1 },
  spec: {
    targetRef: { kind: "Service", name: service },
    ingress: [{ from: [{ selector: { matchLabels: from } }], ports: [{ port, protocol: "TCP" }] }],
  },
});

export const egressPolicy = (name: string, service: string, port: number): JsonObject => ({
  apiVersion: "policy.linkerd.io/v1alpha1",
  kind: "NetworkPolicy",
  metadata: { name, namespace: "shop", generation: 1 },
  spec: { targetRef: { kind: "Service", name: service }, egress: [{ to: [{ ip: {} }], ports: [{ port }] }] },
});

/** The Services of the pods `backend` and `outside`. */
export const backendService: ServiceAsked = {
  name: "backend",
  namespace: "shop",
  clusterIp: "10.98.0.10",
  ports: [
    { name: "http", port: 80, targetPort: 8080 },
    { name: "http2", port: 81, targetPort: 8081 },
    { name: "echo", port: 70, targetPort: 7070 },
  ],
  selector: { app: "backend" },
};
export const linesService: ServiceAsked = {
  name: "lines",
  namespace: "shop",
  clusterIp: "10.98.0.11",
  ports: [{ name: "tcp-lines", port: 9090, targetPort: 9090 }],
  selector: { app: "backend" },
};
export const strangerService: ServiceAsked = {
  name: "stranger",
  namespace: "shop",
  clusterIp: "10.98.0.12",
  ports: [{ name: "http", port: 80, targetPort: 8080 }],
  selector: { app: "outside" },
};
