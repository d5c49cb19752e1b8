/** What weft says of the Servers that a route names as its parents (gateway.networking.k8s.io, RouteParentStatus). */
import { policyGroup } from "../mesh/groups.ts";
import type { ClusterView } from "../view/cluster.ts";
import type { PolicyView } from "../view/objects.ts";
import type { Condition } from "./condition.ts";
import { acceptanceBy, parentsToServers } from "./routes.ts";
import type { RouteParent } from "./route-status.ts";
import type { Parent } from "./route/route.ts";

/** Each once. A Server has no backends to be resolved. */
export function serverParents(view: ClusterView, route: PolicyView): readonly RouteParent[] {
  const byName = new Map(parentsToServers(route).map((parent) => [`${parent.namespace}/${parent.name}`, parent]));
  return [...byName.values()].map((parent) => ({
    ref: { group: policyGroup, kind: "Server", namespace: parent.namespace, name: parent.name },
    conditions: [accepted(view, route, parent)],
  }));
}

function accepted(view: ClusterView, route: PolicyView, parent: Parent): Condition {
  const { status, reason, message } = acceptanceBy(view, route, parent);
  return { type: "Accepted", status, reason, message, observedGeneration: route.generation };
}
