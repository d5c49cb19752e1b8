/** What of a TrafficSplit or a TCPRoute holds nothing, or another thing than it says; and the conditions of the latter. */
import { perObject } from "../base/memory/memo.ts";
import type { Issue } from "../base/text/issue.ts";
import type { ClusterView } from "../view/cluster.ts";
import { routeKinds } from "../view/objects.ts";
import type { PolicyView, ServiceView } from "../view/objects.ts";
import type { Condition } from "./condition.ts";
import type { ParentRef, RouteParent } from "./route-status.ts";
import { policyName } from "./routes.ts";
import { serviceParents } from "./service-parents.ts";
import type { ServiceParent } from "./service-parents.ts";
import { some } from "./some.ts";
import { hasPort, serviceAt } from "./split.ts";
import { tcpRouteFor, tcpRouteRules } from "./tcp-route.ts";
import { trafficSplitOf, trafficSplitRules } from "./traffic-split.ts";

export interface SplitRemark extends Issue {
  readonly reason: "NotSplit" | "BackendLeftOut";
}

export function trafficSplitRemarks(view: ClusterView, split: PolicyView): readonly SplitRemark[] {
  const { value, issues } = trafficSplitRules(split);
  const { apex, backends } = value;
  const read = issues.map(({ at, message }) => remark(apex === undefined ? "NotSplit" : "BackendLeftOut", at, message));
  if (apex === undefined) return read;
  const deciding = trafficSplitOf(view, split.namespace, apex);
  if (deciding !== undefined && deciding.name !== split.name) {
    return [
      ...read,
      remark("NotSplit", "spec.service", `TrafficSplit ${deciding.name}, which is older, decides about it`),
    ];
  }
  const service = serviceAt(view, split.namespace, apex);
  if (service === undefined) return [...read, remark("NotSplit", "spec.service", `there is no Service ${apex}`)];
  const weighted = backends.filter(({ weight }) => weight > 0);
  if (weighted.length === 0) {
    return [...read, remark("NotSplit", "spec.backends", `no weight is above 0: ${toItself}`)];
  }
  const lacking = weighted.flatMap(({ name }) => lackOf(view, service, name) ?? []);
  const isAll = lacking.filter(({ isWhole }) => isWhole).length === weighted.length;
  return [
    ...read,
    ...lacking.map(({ message }) => remark("BackendLeftOut", "spec.backends", message)),
    ...(isAll ? [remark("NotSplit", "spec.backends", `no backend is left: ${toItself}`)] : []),
  ];
}

const toItself = "connections go to the Service's own endpoints";

const remark = (reason: SplitRemark["reason"], at: string, message: string): SplitRemark => ({ reason, at, message });

/** `isWhole`: on none of the ports anything goes there. */
function lackOf(view: ClusterView, apex: ServiceView, name: string) {
  const service = serviceAt(view, apex.namespace, name);
  if (service === undefined) return { isWhole: true, message: `there is no Service ${name}: it gets nothing` };
  const asked = apex.ports.filter(({ protocol }) => protocol === "TCP").map(({ port }) => port);
  const missing = asked.filter((port) => !hasPort(service, port));
  if (missing.length === 0) return undefined;
  const ports = some(missing, String);
  return {
    isWhole: missing.length === asked.length,
    message: `Service ${name} does not have port ${ports} of Service ${apex.name}: it gets nothing there`,
  };
}

export function tcpRouteIssues(view: ClusterView, route: PolicyView): readonly Issue[] {
  const { value, issues } = tcpRouteRules(route);
  const backends = value.rule === undefined || value.rule.backends === "parent" ? [] : value.rule.backends;
  return [
    ...issues,
    ...value.parents.flatMap((parent) => parentIssues(view, route, parent)),
    ...backends.flatMap((backend): readonly Issue[] =>
      backend.kind === "service" && serviceAt(view, backend.namespace, backend.name) === undefined
        ? [
            {
              at: "spec.rules[0].backendRefs",
              message: `there is no Service ${backend.namespace}/${backend.name}: its share is closed`,
            },
          ]
        : [],
    ),
  ];
}

function parentIssues(view: ClusterView, route: PolicyView, parent: ServiceParent): readonly Issue[] {
  const at = "spec.parentRefs";
  const name = `${parent.namespace}/${parent.name}`;
  const service = serviceAt(view, parent.namespace, parent.name);
  if (service === undefined) return [{ at, message: `there is no Service ${name}` }];
  if (service.clusterIps.length === 0) return [{ at, message: `Service ${name} has no cluster IP` }];
  if (parent.port !== undefined && !hasPort(service, parent.port)) {
    return [{ at, message: `Service ${name} does not have port ${parent.port}` }];
  }
  const split = trafficSplitOf(view, parent.namespace, parent.name);
  const by = conflicting(view, route, parent) ?? (split && policyName(split));
  return by === undefined ? [] : [{ at, message: `${by} decides about Service ${name}` }];
}

/** `status.parents` of a TCPRoute. What proxies are sent does not depend on it. */
export function tcpRouteParents(view: ClusterView, route: PolicyView): readonly RouteParent[] {
  const resolved = resolvedRefs(view, route);
  return tcpRouteRules(route).value.parents.map((parent) => ({
    ref: refOf(parent),
    conditions: [accepted(view, route, parent), resolved],
  }));
}

const refOf = ({ namespace, name, port }: ServiceParent): ParentRef => ({
  group: "core",
  kind: "Service",
  namespace,
  name,
  ...(port === undefined ? {} : { port }),
});

function accepted(view: ClusterView, route: PolicyView, parent: ServiceParent): Condition {
  const of = condition(route, "Accepted");
  const service = serviceAt(view, parent.namespace, parent.name);
  if (service === undefined) return of("NoMatchingParent", "there is no such Service");
  if (service.clusterIps.length === 0) return of("NoMatchingParent", "the Service must have a cluster IP");
  const by = conflicting(view, route, parent);
  return by === undefined ? of("Accepted") : of("RouteReasonConflicted", `${by} decides about the Service`);
}

function resolvedRefs(view: ClusterView, route: PolicyView): Condition {
  const of = condition(route, "ResolvedRefs");
  const { rule } = tcpRouteRules(route).value;
  const backends = rule === undefined || rule.backends === "parent" ? [] : rule.backends;
  for (const backend of backends) {
    if (backend.kind === "invalid") return of(backend.reason, backend.message);
    const { namespace, name } = backend;
    if (serviceAt(view, namespace, name) === undefined) {
      return of("BackendNotFound", `there is no Service ${namespace}/${name}`);
    }
  }
  return of("ResolvedRefs");
}

/** It is true where the reason is that of the type itself. */
const condition =
  <Type extends string>({ generation }: PolicyView, type: Type) =>
  (reason: string, message = ""): Condition<Type> => ({
    type,
    status: reason === type ? "True" : "False",
    reason,
    message,
    observedGeneration: generation,
  });

/** What keeps a TCPRoute from being used for a parent: a route that says what is spoken there, or an older TCPRoute. */
function conflicting(view: ClusterView, route: PolicyView, parent: ServiceParent): string | undefined {
  for (const namespace of new Set([parent.namespace, route.namespace]))
    for (const kind of routeKinds) {
      const other = routesTo(view.policies(kind, namespace)).get(`${parent.namespace}/${parent.name}`);
      const by = other?.get(parent.port ?? "all") ?? other?.get("all");
      if (by !== undefined) return policyName(by);
    }
  const oldest = tcpRouteFor(view, parent, parent.port, route.namespace);
  const isOther = oldest !== undefined && (oldest.name !== route.name || oldest.namespace !== route.namespace);
  return isOther ? policyName(oldest) : undefined;
}

/** One of each parent, by port; whether it is on one port that is asked for all of them does not matter. */
const routesTo = perObject((routes: readonly PolicyView[]) => {
  const byParent = new Map<string, Map<number | "all", PolicyView>>();
  for (const route of routes)
    for (const { namespace, name, port = "all" } of serviceParents(route).value) {
      const parent = `${namespace}/${name}`;
      const byPort = byParent.get(parent) ?? new Map<number | "all", PolicyView>();
      byParent.set(parent, byPort);
      if (!byPort.has(port)) byPort.set(port, route);
    }
  return byParent;
});
