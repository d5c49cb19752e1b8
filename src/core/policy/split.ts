/** Whom connections to a port of a Service go to in place of its own endpoints, and how often. */
import { dnsLabel } from "../base/scalars/dns-label.ts";
import type { ClusterView } from "../view/cluster.ts";
import type { MeshView } from "../view/mesh.ts";
import type { PolicyView, ServiceView } from "../view/objects.ts";
import { servicePortOf } from "./pod-ports.ts";
import { isServed } from "./serving.ts";
import { tcpRouteFor, tcpRouteRules } from "./tcp-route.ts";
import type { RouteBackend } from "./tcp-route.ts";
import { trafficSplitOf, trafficSplitRules } from "./traffic-split.ts";
import { fitted } from "./weights.ts";

/** As the proxy takes it: each weight from 1, together at most 2^31. None: connections are closed. */
export interface Split {
  readonly by: PolicyView;
  /** In the order of the resource. */
  readonly shares: readonly Share[];
}

interface Share {
  readonly weight: number;
  readonly to: ShareTarget;
}

type ShareTarget =
  | ServicePortName
  /** Its share is closed at once. */
  | { readonly kind: "invalid"; readonly message: string; readonly missing?: Omit<ServicePortName, "kind"> };

interface ServicePortName {
  readonly kind: "service";
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
}

/** `client`: the namespace of who asks; undefined: it does not matter. A TrafficSplit goes before a TCPRoute. */
export const splitOf = (
  view: ClusterView,
  mesh: MeshView,
  service: ServiceView,
  port: number,
  client: string | undefined,
): Split | undefined => byTrafficSplit(view, mesh, service, port) ?? byTcpRoute(view, mesh, service, port, client);

/** Undefined as well where nothing is left to go to: then it is as if there were no split. */
function byTrafficSplit(
  view: ClusterView,
  mesh: MeshView,
  { namespace, name }: ServiceView,
  port: number,
): Split | undefined {
  const by = trafficSplitOf(view, namespace, name);
  if (by === undefined) return undefined;
  const shares = trafficSplitRules(by)
    .value.backends.filter((each) => each.weight > 0 && hasPort(serviceAt(view, namespace, each.name), port))
    .map(({ name, weight }): Share => ({ weight, to: { kind: "service", namespace, name, port } }));
  return shares.length === 0 ? undefined : { by, shares: asTold(view, mesh, shares) };
}

function byTcpRoute(
  view: ClusterView,
  mesh: MeshView,
  service: ServiceView,
  port: number,
  client: string | undefined,
): Split | undefined {
  const by = tcpRouteFor(view, service, port, client);
  const rule = by && tcpRouteRules(by).value.rule;
  if (by === undefined || rule === undefined) return undefined;
  const { namespace, name } = service;
  const backends: readonly RouteBackend[] =
    rule.backends === "parent" ? [{ kind: "service", weight: 1, namespace, name, port }] : rule.backends;
  const shares = backends
    .filter(({ weight }) => weight > 0)
    .map((backend): Share => ({ weight: backend.weight, to: targetOf(view, backend) }));
  return { by, shares: asTold(view, mesh, shares) };
}

function targetOf(view: ClusterView, backend: RouteBackend): ShareTarget {
  if (backend.kind === "invalid") return { kind: "invalid", message: backend.message };
  const { kind, namespace, name, port } = backend;
  return serviceAt(view, namespace, name) === undefined
    ? { kind: "invalid", message: `Service not found ${name}`, missing: { namespace, name, port } }
    : { kind, namespace, name, port };
}

/** Where nobody is, no connection is sent as long as somebody is elsewhere: it would wait for three seconds in vain. */
function asTold(view: ClusterView, mesh: MeshView, shares: readonly Share[]): readonly Share[] {
  const areServed = shares.map(({ to }) => to.kind === "service" && isServed(view, mesh, to, to.port));
  const left = areServed.includes(true)
    ? shares.filter(({ to }, index) => to.kind === "invalid" || areServed[index] === true)
    : shares;
  const weights = fitted(left.map(({ weight }) => weight));
  return left.map(({ to }, index) => ({ weight: weights[index] ?? 1, to }));
}

/** One that can be a backend. Names stand in an address that the proxy ends a task for when it is none. */
export function serviceAt(view: ClusterView, namespace: string, name: string): ServiceView | undefined {
  const service = dnsLabel.test(namespace) && dnsLabel.test(name) ? view.service(namespace, name) : undefined;
  return service?.type === "ExternalName" ? undefined : service;
}

export const hasPort = (service: ServiceView | undefined, port: number): boolean =>
  service !== undefined && servicePortOf(service, port) !== undefined;
