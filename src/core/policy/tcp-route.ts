/** TCPRoute (gateway.networking.k8s.io): where connections to a Service go. */
import { isList, isObject } from "../base/json/json.ts";
import type { Json } from "../base/json/json.ts";
import { perObject } from "../base/memory/memo.ts";
import { splitBounds } from "../mesh/split-bounds.ts";
import { quoted } from "../base/text/quote.ts";
import type { ClusterView } from "../view/cluster.ts";
import type { PolicyView, ServiceView } from "../view/objects.ts";
import { isKind, referenceOf } from "./authentications.ts";
import { isPortNumber, readEach, readListWithin, unreadable } from "./reading.ts";
import type { Reading } from "./reading.ts";
import { serviceParents } from "./service-parents.ts";
import type { ServiceParent } from "./service-parents.ts";

export interface TcpRouteRules {
  /** Without it nothing comes of the route. */
  readonly rule: TcpRule | undefined;
  readonly parents: readonly ServiceParent[];
}

/** Where all connections go; `parent`: to the parent itself. */
type TcpRule = { readonly backends: readonly RouteBackend[] | "parent" };

/** One that cannot be had keeps its share, and closes it. */
export type RouteBackend =
  | {
      readonly kind: "service";
      readonly weight: number;
      readonly namespace: string;
      readonly name: string;
      readonly port: number;
    }
  | {
      readonly kind: "invalid";
      readonly weight: number;
      readonly reason: "InvalidKind" | "BackendNotFound";
      readonly message: string;
    };

/** Of its definition. */
const largestWeight = 1_000_000;

export const tcpRouteRules = perObject((route: PolicyView): Reading<TcpRouteRules> => {
  const parents = serviceParents(route);
  const rule = readRules(route.spec["rules"], route.namespace);
  return { value: { rule: rule.value, parents: parents.value }, issues: [...parents.issues, ...rule.issues] };
});

function readRules(rules: Json | undefined, namespace: string): Reading<TcpRule | undefined> {
  const [rule] = isList(rules) && rules.length === 1 ? rules : [];
  if (!isObject(rule)) return unreadable(undefined, "spec.rules", "must be one rule: the route is not used");
  const at = "spec.rules[0].backendRefs";
  const refs = rule["backendRefs"];
  const read = readListWithin(refs, at, (ref, where) => readBackend(ref, where, namespace), splitBounds.backends);
  if (isList(refs) && refs.length > splitBounds.backends) return { value: undefined, issues: read.issues };
  return { value: { backends: read.value.length === 0 ? "parent" : read.value }, issues: read.issues };
}

function readBackend(value: Json, at: string, own: string): Reading<RouteBackend> {
  const given = isObject(value) ? value : {};
  const weight = given["weight"] ?? 1;
  const isWeight = Number.isInteger(weight) && Number(weight) >= 0 && Number(weight) <= largestWeight;
  const backend = backendOf({ kind: "Service", ...given }, own, isWeight ? Number(weight) : 0);
  const issues = [
    ...(backend.kind === "invalid" ? [{ at, message: backend.message }] : []),
    ...(isWeight ? [] : [{ at: `${at}.weight`, message: `must be a whole number from 0 to ${largestWeight}` }]),
  ];
  return { value: backend, issues };
}

function backendOf(given: Readonly<Record<string, Json | undefined>>, own: string, weight: number): RouteBackend {
  const ref = referenceOf(given, own);
  const port = given["port"];
  const invalid = (reason: "InvalidKind" | "BackendNotFound", message: string): RouteBackend => ({
    kind: "invalid",
    weight,
    reason,
    message,
  });
  if (ref === undefined) return invalid("BackendNotFound", "must be the name of a Service, and its port");
  if (!isKind(ref, "", "Service")) {
    return invalid("InvalidKind", `must be a Service, not ${quoted(`${ref.group || "core"} ${ref.kind}`)}`);
  }
  if (!isPortNumber(port)) return invalid("BackendNotFound", `must have the port of Service ${ref.name}`);
  return { kind: "service", weight, namespace: ref.namespace, name: ref.name, port };
}

/**
 * The one that decides about the connections of a namespace's clients to a port of a Service: the oldest, then the first
 * by name. A route of the Service's own namespace is for everybody, one of another namespace for the clients there.
 * `port`: undefined asks for the one of all ports.
 */
export function tcpRouteFor(
  view: ClusterView,
  service: ServiceName,
  port: number | undefined,
  client: string | undefined,
): PolicyView | undefined {
  const theirs =
    client === undefined || client === service.namespace ? undefined : routeIn(view, client, service, port);
  return older(routeIn(view, service.namespace, service, port), theirs);
}

type ServiceName = Pick<ServiceView, "namespace" | "name">;

/** Whether clients of another namespace have a route of their own to a Service. */
export const hasOwnRoute = (view: ClusterView, service: ServiceName, port: number, client: string): boolean =>
  client !== service.namespace && routeIn(view, client, service, port) !== undefined;

/** Of those in a namespace. */
const routeIn = (
  view: ClusterView,
  namespace: string,
  { namespace: of, name }: ServiceName,
  port: number | undefined,
): PolicyView | undefined =>
  view.shared(`TCPRoute in ${namespace} to ${of}/${name}:${port}`, (view) => {
    const found = oldestIn(view, namespace)().get(`${of}/${name}`);
    return older(found?.get("all"), port === undefined ? undefined : found?.get(port));
  });

/** By parent, by port. A function, so that it is compared by which object it is; made once for all Services. */
const oldestIn = (view: ClusterView, namespace: string) =>
  view.shared(`TCPRoutes in ${namespace}`, (view) => {
    const routes = view.policies("TCPRoute", namespace);
    readEach(view, routes, tcpRouteRules);
    return oldest(routes);
  });

const oldest = perObject((routes: readonly PolicyView[]) => {
  const byParent = new Map<string, Map<number | "all", PolicyView>>();
  for (const route of routes) {
    const { rule, parents } = tcpRouteRules(route).value;
    for (const { namespace, name, port = "all" } of rule === undefined ? [] : parents) {
      const parent = `${namespace}/${name}`;
      const byPort = byParent.get(parent) ?? new Map<number | "all", PolicyView>();
      byParent.set(parent, byPort.set(port, older(byPort.get(port), route) ?? route));
    }
  }
  return (): ReadonlyMap<string, ReadonlyMap<number | "all", PolicyView>> => byParent;
});

function older(a: PolicyView | undefined, b: PolicyView | undefined): PolicyView | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const [ofA, ofB] = [a, b].map(({ name, namespace }) => `${name} ${namespace}`);
  return a.created < b.created || (a.created === b.created && String(ofA) <= String(ofB)) ? a : b;
}
