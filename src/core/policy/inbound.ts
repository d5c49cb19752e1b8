/** Who may reach a port of a workload, and what the proxy makes of its bytes: the answer to `WatchPort`. */
import { keys } from "../mesh/annotations.ts";
import type { Annotations } from "../base/json/json.ts";
import { perObject } from "../base/memory/memo.ts";
import { isPort } from "../base/scalars/ports.ts";
import type { Authz, GrpcRoute, HttpLocalRateLimit, HttpRoute, ProxyProtocol, Server } from "../proxy-api/inbound.ts";
import type { ClusterView } from "../view/cluster.ts";
import { isDefaultPolicy } from "../mesh/default-policy.ts";
import type { DefaultPolicy } from "../mesh/default-policy.ts";
import type { MeshView } from "../view/mesh.ts";
import { routeKinds } from "../view/objects.ts";
import type { PodView, Probe, SharedKind } from "../view/objects.ts";
import type { Workload } from "../view/workload.ts";
import { policyGroup } from "../mesh/groups.ts";
import { authorization, defaultAuthorizations, networksOf } from "./authorization.ts";
import { serverAuthorizations } from "./linkerd.ts";
import { restrictions } from "./network-policy.ts";
import type { Restriction } from "./network-policy.ts";
import { isOpaqueOnPod } from "./opaque.ts";
import { isListedFor, portListIn } from "./port-list.ts";
import { rateLimitOf } from "./rate-limit.ts";
import { isOneTooMany, serverOn, serverRules } from "./server.ts";
import type { Protocol } from "./server.ts";
import { serverRoutes } from "./server-routes.ts";
import type { ServerRoutes } from "./server-routes.ts";

export type InboundAnswer =
  | { readonly kind: "server"; readonly server: Server }
  /** The pod is not known, yet or any more: the proxy keeps its default, and asks again. */
  | { readonly kind: "not_found" }
  /** The proxy does not ask again. */
  | { readonly kind: "invalid"; readonly message: string };

/**
 * A Server of Linkerd goes before weft's NetworkPolicies, and these before the default policy. Of a connection to the
 * direct port, the proxy asks for the port that the connection names.
 */
export function inboundPolicy(view: ClusterView, mesh: MeshView, workload: Workload, port: number): InboundAnswer {
  if (!isPort(port)) return { kind: "invalid", message: `port ${port}: must be 1 to 65535` };
  const pod = view.pod(workload.namespace, workload.pod);
  if (pod === undefined) return unknownPod(view, mesh, workload.namespace);
  if (isUnknown(view, pod.namespace)) return { kind: "server", server: byDefault(view, mesh, pod, port, "deny") };
  const restricting = restrictions(view, mesh, pod, port);
  const server = byServer(view, mesh, pod, port) ?? byNetworkPolicy(restricting) ?? byDefault(view, mesh, pod, port);
  return { kind: "server", server };
}

/** One that there was no room for may be any that a policy is about. What kubelet asks of it nobody knows. */
const unknownPod = (view: ClusterView, mesh: MeshView, namespace: string): InboundAnswer =>
  view.leftOut(namespace).includes("Pod")
    ? { kind: "server", server: { ...closed, authorizations: defaultAuthorizations(mesh, "deny") } }
    : { kind: "not_found" };

const closed = { protocol: { opaque: {} }, labels: { group: "", kind: "default", name: "deny" } };

/**
 * Whether there are policies that nobody has read which might close a port, or Services which say for which pods one
 * does: then every port of the namespace's pods is closed, but to what kubelet asks. Of kinds that only let somebody in,
 * what is left out lets nobody in.
 */
export const isUnknown = (view: ClusterView, namespace: string): boolean =>
  view.leftOut(namespace).some((kind) => closing.has(kind));

const closing: ReadonlySet<SharedKind> = new Set(["Server", "NetworkPolicy", "Service", ...routeKinds]);

function byServer(view: ClusterView, mesh: MeshView, pod: PodView, port: number): Server | undefined {
  const server = serverOn(view, pod, port);
  if (server === undefined) return undefined;
  const routes: ServerRoutes = isOneTooMany(view, server) ? { kind: "closed" } : serverRoutes(view, mesh, server);
  return {
    protocol: protocolOf(
      serverRules(server).protocol,
      { routes, limit: rateLimitOf(view, mesh, server) },
      probesOn(mesh, pod, port),
    ),
    labels: { group: policyGroup, kind: "server", name: server.name },
    authorizations: routes.kind === "closed" ? [] : serverAuthorizations(view, mesh, server),
  };
}

function byNetworkPolicy(restricting: readonly Restriction[]): Server | undefined {
  const [first] = restricting;
  if (first === undefined) return undefined;
  return {
    protocol: { opaque: {} },
    labels: { group: policyGroup, kind: "networkpolicy", name: first.policy.name },
    authorizations: restricting.flatMap(({ authz }) => (authz === undefined ? [] : [authz])),
  };
}

function byDefault(
  view: ClusterView,
  mesh: MeshView,
  pod: PodView,
  port: number,
  policy: DefaultPolicy = defaultPolicyOf(view, mesh, pod, port),
): Server {
  return {
    protocol: protocolOf(
      isOpaqueOnPod(view, mesh, pod, port) ? "opaque" : "detect",
      { routes: { kind: "none" }, limit: undefined },
      probesOn(mesh, pod, port),
    ),
    labels: { group: "", kind: "default", name: policy },
    authorizations: defaultAuthorizations(mesh, policy),
  };
}

/** Of the pod, else of its namespace, else of the mesh. A text that is no policy counts as absent, as for the injector. */
function defaultPolicyOf(view: ClusterView, mesh: MeshView, pod: PodView, port: number): DefaultPolicy {
  const inherited = view.namespace(pod.namespace)?.annotations ?? nothing;
  const policies = [pod.annotations, inherited].map((annotations) => annotations[keys.defaultInboundPolicy] ?? "");
  const policy = policies.find(isDefaultPolicy) ?? mesh.defaultInboundPolicy;
  const key = keys.proxyRequireIdentityInboundPorts;
  const list = portListIn(pod.annotations, key) ?? portListIn(inherited, key);
  // One that is too long to be used must leave no port open.
  const isListed = list === "overlong" || (list !== undefined && isListedFor(list, pod, port));
  return isListed ? authenticatedForm[policy] : policy;
}

const nothing: Annotations = {};

const authenticatedForm: Readonly<Record<DefaultPolicy, DefaultPolicy>> = {
  "all-unauthenticated": "all-authenticated",
  "all-authenticated": "all-authenticated",
  "cluster-unauthenticated": "cluster-authenticated",
  "cluster-authenticated": "cluster-authenticated",
  deny: "deny",
  // It lets everybody in by intent: Linkerd leaves it as it is, too.
  audit: "audit",
};

/** What Linkerd has the proxy wait for the first bytes of a connection. */
const detectTimeout = { seconds: 10 };

interface OfRequests {
  readonly routes: ServerRoutes;
  readonly limit: HttpLocalRateLimit | undefined;
}

function protocolOf(protocol: Protocol, { routes, limit }: OfRequests, probes: Probes | undefined): ProxyProtocol {
  const http = () => ({
    routes: httpRoutes(routes, probes),
    ...(limit === undefined ? {} : { local_rate_limit: limit }),
  });
  const rows: Readonly<Record<Protocol, () => ProxyProtocol>> = {
    detect: () => {
      const { routes: http_routes, local_rate_limit: http_local_rate_limit } = http();
      const limited = http_local_rate_limit === undefined ? {} : { http_local_rate_limit };
      return { detect: { timeout: detectTimeout, http_routes, ...limited } };
    },
    opaque: () => ({ opaque: {} }),
    tls: () => ({ tls: {} }),
    http1: () => ({ http1: http() }),
    http2: () => ({ http2: http() }),
    // Without routes of its own gRPC is HTTP/2, by which kubelet may ask for more than calls.
    grpc: () => (routes.kind === "grpc" ? { grpc: { routes: grpcRoutes(routes.routes, probes) } } : { http2: http() }),
  };
  return rows[protocol]();
}

/** Of routes that match a request equally well the proxy takes the first. */
function httpRoutes(routes: ServerRoutes, probes: Probes | undefined): readonly HttpRoute[] {
  const own = routes.kind === "http" ? routes.routes : [anyRequest];
  if (probes === undefined) return own;
  const matches = probes.asked.map(({ path, method }) => ({ path: { exact: path }, method: { registered: method } }));
  const probing: HttpRoute = { metadata: { default: "probe" }, authorizations: [probes.authz], rules: [{ matches }] };
  const lengths = new Set(probes.asked.map(({ path }) => path.length));
  return own.some(({ rules }) => mayTie(rules, lengths)) ? [probing, ...own] : [...own, probing];
}

/** The proxy compares how much of the path is matched, then the numbers of headers and parameters, then the method. */
function mayTie(rules: HttpRoute["rules"], lengths: ReadonlySet<number>): boolean {
  if (rules === undefined) return false;
  const { ofAny, compared } = tying(rules);
  return ofAny || !compared.isDisjointFrom(lengths);
}

/** Of the matches with a method and a path alone; `ofAny`: one matches paths of any length. Asked for each port. */
const tying = perObject((rules: NonNullable<HttpRoute["rules"]>) => {
  const compared = new Set<number>();
  let ofAny = false;
  for (const { matches = [] } of rules)
    for (const { path = {}, method, headers, query_params } of matches) {
      if (method === undefined || headers !== undefined || query_params !== undefined) continue;
      ofAny ||= path.regex !== undefined;
      const length = path.exact?.length ?? (path.prefix === undefined ? undefined : withoutSlashes(path.prefix));
      if (length !== undefined) compared.add(length);
    }
  return { ofAny, compared };
});

/** Length without the slashes at the end. No expression: it would take a time that grows by the square of their number. */
function withoutSlashes(path: string): number {
  let length = path.length;
  while (path[length - 1] === "/") length -= 1;
  return length;
}

function grpcRoutes(own: readonly GrpcRoute[], probes: Probes | undefined): readonly GrpcRoute[] {
  const calls = (probes?.asked ?? []).filter(({ method }) => method === "POST");
  if (probes === undefined || calls.length === 0) return own;
  const matches = calls.map(({ path }) => {
    const [, service = "", method = ""] = path.split("/");
    return { rpc: { service, method } };
  });
  return [{ metadata: { default: "probe" }, authorizations: [probes.authz], rules: [{ matches }] }, ...own];
}

/** What kubelet asks a port for gets in, whatever the policy. */
interface Probes {
  readonly asked: readonly Probe[];
  readonly authz: Authz;
}

function probesOn(mesh: MeshView, pod: PodView, port: number): Probes | undefined {
  const here = probesByPort(pod.probes).get(port) ?? [];
  const asked = new Map(here.map((probe) => [`${probe.method} ${probe.path}`, probe]));
  const authz = probeAuthorization(mesh);
  return asked.size === 0 || authz === undefined ? undefined : { asked: [...asked.values()], authz };
}

const probesByPort = perObject((probes: readonly Probe[]) => Map.groupBy(probes, ({ port }) => port));

const anyRequest: HttpRoute = { metadata: { default: "default" }, rules: [{ matches: [{ path: { prefix: "/" } }] }] };

const probeAuthorization = ({ probeNetworks }: MeshView): Authz | undefined =>
  authorization({ default: "probe" }, networksOf(probeNetworks), "anyone");
