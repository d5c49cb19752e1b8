/** How a workload reaches a target: the answer to `OutboundPolicies/Watch`. */
import { opaqueProtocols } from "../mesh/annotations.ts";
import { addressBytes, addressText, isWithin } from "../base/scalars/subnets.ts";
import { isPort } from "../base/scalars/ports.ts";
import { tcpAddress } from "../proxy-api/address.ts";
import type { Metadata } from "../proxy-api/meta.ts";
import type {
  Backend,
  HttpRoute,
  OpaqueRoute,
  OpaqueRouteRule,
  OutboundPolicy,
  ProxyProtocol,
} from "../proxy-api/outbound.ts";
import type { ClusterView } from "../view/cluster.ts";
import type { MeshView } from "../view/mesh.ts";
import type { ServiceView } from "../view/objects.ts";
import type { Workload } from "../view/workload.ts";
import { isOpaqueForClient, isOpaqueOnService, isOpaqueOutside } from "./opaque.ts";
import { servicePortOf } from "./pod-ports.ts";

export type OutboundAnswer =
  | { readonly kind: "policy"; readonly policy: OutboundPolicy }
  /** The proxy makes a policy of the target's profile: pods, and whatever the cluster's networks hold otherwise. */
  | { readonly kind: "not_found" }
  /** Likewise, of an address in the cluster's networks that nobody has, as far as is known. */
  | { readonly kind: "nobody" }
  /** The proxy closes the connection. */
  | { readonly kind: "invalid"; readonly message: string };

/** Where the application's connection was going. */
export interface OutboundTarget {
  readonly ip: string;
  readonly port: number;
}

/** `client`: who asks; undefined when it did not say. */
export function outboundPolicy(
  view: ClusterView,
  mesh: MeshView,
  client: Workload | undefined,
  { ip, port }: OutboundTarget,
): OutboundAnswer {
  const bytes = addressBytes(ip);
  if (bytes === undefined) return { kind: "invalid", message: `address ${ip}: must be an IPv4 or IPv6 address` };
  if (!isPort(port)) return { kind: "invalid", message: `port ${port}: must be 1 to 65535` };
  const address = addressText(bytes);
  const service = view.serviceAt(address);
  if (service !== undefined) return { kind: "policy", policy: toService(view, mesh, client, service, port) };
  if (view.podsAt(address).length > 0 || view.podsOnHost(address).length > 0) return { kind: "not_found" };
  if (mesh.clusterNetworks.some((network) => isWithin(bytes, network))) return { kind: "nobody" };
  const isOpaque = isOpaqueForClient(view, client, port) || isOpaqueOutside(view, mesh, client, port);
  return { kind: "policy", policy: toOutside(isOpaque, { ip: address, port }) };
}

function toService(
  view: ClusterView,
  mesh: MeshView,
  client: Workload | undefined,
  service: ServiceView,
  port: number,
): OutboundPolicy {
  const { namespace, name } = service;
  const metadata: Metadata = { resource: { group: "core", kind: "Service", namespace, name, port } };
  const own = servicePortOf(service, port);
  if (own === undefined) return { metadata, protocol: forbidden };
  const path = `${name}.${namespace}.svc.${mesh.clusterDomain}:${port}`;
  const backend: Backend = { metadata, queue, balancer: { discovery: { dst: { path } }, peak_ewma: peakEwma } };
  const isOpaque = isOpaqueOnService(view, mesh, service, port) || isOpaqueForClient(view, client, port);
  const spoken = isOpaque ? "opaque" : spokenOn(own.appProtocol);
  return { metadata, protocol: protocolTo(backend, spoken, { opaque: "opaque", http: "http" }) };
}

/** What is spoken on a port; `unknown`: the proxy finds out. */
type Spoken = "unknown" | "opaque" | "http1" | "http2";

/** As Linkerd reads `appProtocol`: what it does not know is not looked into, since a server may speak first there. */
const spokenOn = (appProtocol: string): Spoken => spokenAs.get(appProtocol) ?? "opaque";

const spokenAs: ReadonlyMap<string, Spoken> = new Map([
  ["", "unknown"],
  ["http", "http1"],
  ["kubernetes.io/h2c", "http2"],
  ...opaqueProtocols.map((each) => [each, "opaque"] as const),
]);

/** As it would go without a mesh, counted under one name. */
function toOutside(isOpaque: boolean, { ip, port }: OutboundTarget): OutboundPolicy {
  const metadata: Metadata = { default: "egress-fallback" };
  const addr = tcpAddress(ip, port);
  const backend: Backend = { metadata, queue, ...(addr === undefined ? {} : { forward: { addr, weight: 1 } }) };
  const names = { opaque: "egress-fallback", http: "egress-fallback" };
  return { metadata, protocol: protocolTo(backend, isOpaque ? "opaque" : "unknown", names) };
}

/** Values that Linkerd sends. */
const queue = { capacity: 100, failfast_timeout: { seconds: 3 } };
const peakEwma = { default_rtt: { nanos: 30_000_000 }, decay: { seconds: 10 } };
const detectTimeout = { seconds: 10 };

function protocolTo(
  backend: Backend,
  spoken: Spoken,
  names: { readonly opaque: string; readonly http: string },
): ProxyProtocol {
  const opaque = { routes: [opaqueRoute(names.opaque, { backends: firstAvailable(backend) })] };
  const http = { routes: [httpRoute(names.http, backend)] };
  switch (spoken) {
    case "opaque":
      return { opaque };
    case "http1":
      return { http1: http };
    case "http2":
      return { http2: http };
    case "unknown":
      return { detect: { timeout: detectTimeout, opaque, http1: http, http2: http } };
  }
}

const firstAvailable = (backend: Backend) => ({ first_available: { backends: [{ backend }] } });

const opaqueRoute = (name: string, rule: OpaqueRouteRule): OpaqueRoute => ({
  metadata: { default: name },
  rules: [rule],
});

const httpRoute = (name: string, backend: Backend): HttpRoute => ({
  metadata: { default: name },
  rules: [{ matches: [{ path: { prefix: "/" } }], backends: firstAvailable(backend) }],
});

/** A port that the Service does not have: closed, whatever listens there on a pod. */
const forbidden: ProxyProtocol = {
  opaque: { routes: [opaqueRoute("undefined-port", { backends: { empty: {} }, filters: [{ forbidden: {} }] })] },
};
