/** Routes that are attached to a Server, of policy.linkerd.io and of the Gateway API. */
import { isList } from "../base/json/json.ts";
import type { Issue } from "../base/text/issue.ts";
import { perObject } from "../base/memory/memo.ts";
import type { ClusterView } from "../view/cluster.ts";
import { routeKinds } from "../view/objects.ts";
import type { PolicyKind, PolicyView } from "../view/objects.ts";
import { isKind, referenceOf } from "./authentications.ts";
import { gatewayGroup, policyGroup } from "../mesh/groups.ts";
import { readEach } from "./reading.ts";

/** In the order of their kinds and names. A route is attached to Servers of its own namespace alone, as in Linkerd. */
export const routesAttachedTo = (view: ClusterView, { namespace, name }: PolicyView): readonly PolicyView[] =>
  routeKinds.flatMap((kind) => {
    const routes = view.policies(kind, namespace);
    readEach(view, routes, serversOf);
    return byServer(routes).get(name) ?? [];
  });

const byServer = perObject((routes: readonly PolicyView[]): ReadonlyMap<string, readonly PolicyView[]> => {
  const attached = new Map<string, PolicyView[]>();
  for (const route of routes)
    for (const server of new Set(serversOf(route))) {
      const known = attached.get(server);
      if (known === undefined) attached.set(server, [route]);
      else known.push(route);
    }
  return attached;
});

/** All that are, each with what comes of it: `HTTPRoute shop/read: attached to Server api: …`. */
export const attachedRoutes = (view: ClusterView): readonly string[] =>
  routeKinds.flatMap((kind) =>
    view
      .everyPolicy(kind)
      .flatMap((route) => routeIssues(view, route).map(({ message }) => `${policyName(route)}: ${message}`)),
  );

/** `HTTPRoute shop/read`, routes of the Gateway API with their group. */
export const policyName = ({ kind, namespace, name }: PolicyView): string =>
  `${gatewayNames[kind] ?? kind} ${namespace}/${name}`;

const gatewayNames: Readonly<Partial<Record<PolicyKind, string>>> = {
  GatewayHTTPRoute: `HTTPRoute.${gatewayGroup}`,
  GatewayGRPCRoute: `GRPCRoute.${gatewayGroup}`,
};

/** What the author of a route should know. */
export const routeIssues = (view: ClusterView, route: PolicyView): readonly Issue[] =>
  serversOf(route)
    .filter((name) => view.policy("Server", route.namespace, name) !== undefined)
    .map(closedIssue);

export const closedIssue = (server: string): Issue => ({
  at: "spec.parentRefs",
  message: `attached to Server ${server}: weft does not read routes, so its ports let nobody in but kubelet's probes`,
});

/** Names of the Servers that a route names as its parents. */
export const serversOf = perObject(({ namespace, spec }: PolicyView): readonly string[] => {
  const parents = spec["parentRefs"];
  return (isList(parents) ? parents : []).flatMap((parent) => {
    const ref = referenceOf(parent, namespace);
    const isServer = ref !== undefined && isKind(ref, policyGroup, "Server") && ref.namespace === namespace;
    return isServer ? [ref.name] : [];
  });
});
