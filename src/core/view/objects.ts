/**
 * What the control plane keeps of the cluster's objects: the fields that destinations and policies are made of, so that
 * an index of a large cluster stays small, and changes of other fields (a pod's status, an Endpoint's conditions) are
 * seen to change nothing.
 */
import type { Annotations, Labels, JsonObject } from "../base/json/json.ts";
import type { Controller } from "../base/json/read.ts";
import { gatewayGroup, policyGroup, splitGroup } from "../mesh/groups.ts";
import type { SidecarPorts } from "../mesh/proxy-ports.ts";

export interface PodView {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Of the pod network; of the node when `hostNetwork`. All addresses here are as RFC 5952 writes them. */
  readonly ips: readonly string[];
  /** Of the node, of each family that it has. */
  readonly hostIps: readonly string[];
  readonly hostNetwork: boolean;
  /** Its proxy, by its ports. Undefined: no container is one; labels and annotations alone put nobody in the mesh. */
  readonly sidecar: SidecarPorts | undefined;
  readonly nodeName: string;
  readonly serviceAccount: string;
  readonly labels: Labels;
  /** Those of Linkerd: `linkerd.io/` and `config.linkerd.io/`. */
  readonly annotations: Annotations;
  /** The controller, a Deployment in place of its ReplicaSet. */
  readonly owner: Controller | undefined;
  /** It has not ended. While it is being deleted it still has its address, and its proxy still speaks TLS. */
  readonly alive: boolean;
  /** It is being deleted: its address may have been given to another already, if its node is gone. */
  readonly deleted: boolean;
  /** Milliseconds since 1970; 0: not known. */
  readonly created: number;
  readonly ports: readonly ContainerPort[];
  /** What kubelet asks by HTTP or gRPC, port names resolved; of all containers, the proxy's own among them. */
  readonly probes: readonly Probe[];
}

export interface ContainerPort {
  readonly name: string;
  readonly port: number;
  readonly hostPort: number | undefined;
  /** The address of the node that the `hostPort` is for; empty: all of them. */
  readonly hostIp: string;
  /** `TCP` unless it says otherwise. */
  readonly protocol: string;
}

export interface Probe {
  readonly port: number;
  readonly method: "GET" | "POST";
  /** Without query. */
  readonly path: string;
}

export interface ServiceView {
  readonly namespace: string;
  readonly name: string;
  /** None for a headless Service and an ExternalName. */
  readonly clusterIps: readonly string[];
  readonly type: string;
  readonly headless: boolean;
  readonly ports: readonly ServicePort[];
  readonly annotations: Annotations;
  /** Empty: its endpoints are written by somebody else. */
  readonly selector: Labels;
  /** Only endpoints on the client's own node. */
  readonly isLocal: boolean;
}

export interface ServicePort {
  readonly name: string;
  readonly port: number;
  /** A number, or the name of a port of the container. */
  readonly targetPort: number | string;
  readonly protocol: string;
  readonly appProtocol: string;
}

/** An EndpointSlice (discovery.k8s.io/v1). */
export interface SliceView {
  readonly namespace: string;
  readonly name: string;
  /** Label `kubernetes.io/service-name`. */
  readonly service: string;
  /** `IPv4`, `IPv6` or `FQDN`. */
  readonly addressType: string;
  readonly ports: readonly SlicePort[];
  readonly endpoints: readonly EndpointView[];
}

export interface SlicePort {
  readonly name: string;
  readonly port: number | undefined;
  readonly protocol: string;
}

export interface EndpointView {
  readonly addresses: readonly string[];
  readonly ready: boolean;
  /** It ends, and still takes requests (EndpointConditions `serving` and `terminating`). */
  readonly draining: boolean;
  readonly hostname: string;
  readonly nodeName: string;
  readonly zone: string;
  /** The Pod behind it, if one is. */
  readonly pod: { readonly namespace: string; readonly name: string } | undefined;
  /** Zones that it is meant for (topology hints); empty: all. */
  readonly forZones: readonly string[];
}

export interface NodeView {
  readonly name: string;
  /** Label `topology.kubernetes.io/zone`. */
  readonly zone: string;
}

export interface NamespaceView {
  readonly name: string;
  readonly labels: Labels;
  readonly annotations: Annotations;
}

/** Resources of group policy.linkerd.io, routes of the Gateway API, and splits of SMI. */
export const policyKinds = [
  "Server",
  "ServerAuthorization",
  "AuthorizationPolicy",
  "MeshTLSAuthentication",
  "NetworkAuthentication",
  "NetworkPolicy",
  "HTTPLocalRateLimitPolicy",
  "HTTPRoute",
  "GatewayHTTPRoute",
  "GatewayGRPCRoute",
  "TCPRoute",
  "TrafficSplit",
] as const;
export type PolicyKind = (typeof policyKinds)[number];

export interface GroupKind {
  readonly group: string;
  readonly kind: string;
}

/** What a kind is called where it is. */
export const groupKindOf = (kind: PolicyKind): GroupKind => elsewhere[kind] ?? { group: policyGroup, kind };

const elsewhere: Readonly<Partial<Record<PolicyKind, GroupKind>>> = {
  GatewayHTTPRoute: { group: gatewayGroup, kind: "HTTPRoute" },
  GatewayGRPCRoute: { group: gatewayGroup, kind: "GRPCRoute" },
  TCPRoute: { group: gatewayGroup, kind: "TCPRoute" },
  TrafficSplit: { group: splitGroup, kind: "TrafficSplit" },
};

/** Kinds that the namespaces share a room for: of one that has most of them some are left out where there is no more. */
export const sharedKinds = ["Pod", "Service", "EndpointSlice", ...policyKinds] as const;
export type SharedKind = (typeof sharedKinds)[number];

/** Routes, which may narrow what a Server lets in. */
export const routeKinds = [
  "HTTPRoute",
  "GatewayHTTPRoute",
  "GatewayGRPCRoute",
] as const satisfies readonly PolicyKind[];
export type RouteKind = (typeof routeKinds)[number];

export interface PolicyView {
  readonly kind: PolicyKind;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
  /** Milliseconds since 1970; 0: not known. */
  readonly created: number;
  readonly labels: Labels;
  /** As it came: who uses it checks it. */
  readonly spec: JsonObject;
}

/** With its status, on which no policy depends: writing one must not make anew what is made of the spec. */
export interface PolicyObject extends PolicyView, PolicyState {}

export interface PolicyState {
  readonly status: JsonObject;
  /** Its `resourceVersion`. */
  readonly version: string;
}
