/** How a workload reaches a target: the answer to `OutboundPolicies/Watch`. */
import { opaqueProtocols } from "../mesh/annotations.ts";
import { addressBytes, addressText, isWithin } from "../base/scalars/subnets.ts";
import { isPort } from "../base/scalars/ports.ts";
import { tcpAddress } from "../proxy-api/address.ts";
import type { Metadata } from "../proxy-api/meta.ts";
import type { Backend, HttpRoute, OpaqueRouteRule, OutboundPolicy, ProxyProtocol } from "../proxy-api/outbound.ts";
import type { ClusterView } from "../view/cluster.ts";
import type { MeshView } from "../view/mesh.ts";
import { groupKindOf } from "../view/objects.ts";
import type { ServiceView } from "../view/objects.ts";
import type { Workload } from "../view/workload.ts";
import { isOpaqueForClient, isOpaqueOnService, isOpaqueOutside } from "./opaque.ts";
import { servicePortOf } from "./pod-ports.ts";
import { splitOf } from "./split.ts";
import type { Split } from "./split.ts";

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
  const metadata = ofService(service, port);
  const own = servicePortOf(service, port);
  if (own === undefined) return { metadata, protocol: forbidden };
  const split = splitOf(view, mesh, service, port, client?.namespace);
  const isOpaque =
    split?.by.kind === "TCPRoute" ||
    isOpaqueOnService(view, mesh, service, port) ||
    isOpaqueForClient(view, client, port);
  const spoken = isOpaque ? "opaque" : spokenOn(own.appProtocol);
  return {
    metadata,
    protocol: protocolTo(split === undefined ? ownRoute(mesh, service, port) : splitRoute(mesh, split), spoken),
  };
}

const ofService = ({ namespace, name }: Pick<ServiceView, "namespace" | "name">, port: number): Metadata => ({
  resource: { group: "core", kind: "Service", namespace, name, port },
});

const ownRoute = (mesh: MeshView, service: ServiceView, port: number): Route => ({
  names: { opaque: { default: "opaque" }, http: { default: "http" } },
  ways: [{ weight: 1, backend: balanced(mesh, service, port) }],
});

/** The name of the Service is one of the cluster's objects, or was checked to be one. */
function balanced(mesh: MeshView, service: Pick<ServiceView, "namespace" | "name">, port: number): Backend {
  const { namespace, name } = service;
  const path = `${name}.${namespace}.svc.${mesh.clusterDomain}:${port}`;
  return { metadata: ofService(service, port), queue, balancer: { discovery: { dst: { path } }, peak_ewma: peakEwma } };
}

function splitRoute(mesh: MeshView, { by, shares }: Split): Route {
  const { namespace, name } = by;
  const metadata: Metadata = { resource: { ...groupKindOf(by.kind), namespace, name } };
  return {
    names: { opaque: metadata, http: metadata },
    ways: shares.map(({ weight, to }) =>
      to.kind === "service"
        ? { weight, backend: balanced(mesh, to, to.port) }
        : {
            weight,
            backend: {
              metadata: to.missing === undefined ? { default: "invalid" } : ofService(to.missing, to.missing.port),
              queue,
            },
            invalid: to.message,
          },
    ),
  };
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
  const route = { names: { opaque: metadata, http: metadata }, ways: [{ weight: 1, backend }] };
  return { metadata, protocol: protocolTo(route, isOpaque ? "opaque" : "unknown") };
}

/** Values that Linkerd sends. */
const queue = { capacity: 100, failfast_timeout: { seconds: 3 } };
const peakEwma = { default_rtt: { nanos: 30_000_000 }, decay: { seconds: 10 } };
const detectTimeout = { seconds: 10 };

/** Where it goes, whatever is spoken. */
interface Route {
  readonly names: { readonly opaque: Metadata; readonly http: Metadata };
  /** None: it is closed. Several: by their weights, each from 1, together at most 2^31. */
  readonly ways: readonly Way[];
}

interface Way {
  readonly weight: number;
  readonly backend: Backend;
  /** Why it is closed. */
  readonly invalid?: string;
}

function protocolTo({ names, ways }: Route, spoken: Spoken): ProxyProtocol {
  const opaque = { routes: [{ metadata: names.opaque, rules: [opaqueRule(ways)] }] };
  const http = { routes: [httpRoute(names.http, ways)] };
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

function opaqueRule(ways: readonly Way[]): OpaqueRouteRule {
  const [way] = ways;
  if (way === undefined) return closedRule;
  const to = ({ backend, invalid: message }: Way) => ({
    backend,
    ...(message === undefined ? {} : { filters: [{ invalid: { message } }] }),
  });
  return {
    backends:
      ways.length === 1
        ? { first_available: { backends: [to(way)] } }
        : { random_available: { backends: ways.map((each) => ({ weight: each.weight, backend: to(each) })) } },
  };
}

const closedRule: OpaqueRouteRule = { backends: { empty: {} }, filters: [{ forbidden: {} }] };

const httpRoute = (metadata: Metadata, ways: readonly Way[]): HttpRoute => ({
  metadata,
  rules: [
    {
      matches: [{ path: { prefix: "/" } }],
      backends:
        ways.length === 1
          ? { first_available: { backends: ways.map(({ backend }) => ({ backend })) } }
          : { random_available: { backends: ways.map(({ weight, backend }) => ({ weight, backend: { backend } })) } },
    },
  ],
});

/** A port that the Service does not have: closed, whatever listens there on a pod. */
const forbidden: ProxyProtocol = {
  opaque: { routes: [{ metadata: { default: "undefined-port" }, rules: [closedRule] }] },
};
