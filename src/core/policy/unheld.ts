/** Policies that can be read and that nothing comes of: whom or what they are for is not there. */
import { isObject } from "../base/json/json.ts";
import type { ClusterView } from "../view/cluster.ts";
import type { MeshView } from "../view/mesh.ts";
import type { PolicyKind, PolicyView } from "../view/objects.ts";
import { routeFor, serversFor } from "./linkerd.ts";
import { portsNamed } from "./pod-ports.ts";
import { podsBehind } from "./covering.ts";
import { networkRules } from "./network-rules.ts";
import { networkPolicyStatus } from "./network-status.ts";
import { policyName, serversOf } from "./routes.ts";
import { serverRules } from "./server.ts";

/** Why, in words; none for a policy that is for somebody. Only pods in the mesh count: no other keeps to a policy. */
export function unheld(view: ClusterView, mesh: MeshView, policy: PolicyView): readonly string[] {
  const rows: Readonly<Partial<Record<PolicyKind, () => readonly string[]>>> = {
    Server: () => serverLines(view, policy),
    ServerAuthorization: () => authorizationLines(view, mesh, policy, serverText(policy)),
    AuthorizationPolicy: () => authorizationPolicyLines(view, mesh, policy),
    NetworkPolicy: () => networkLines(view, mesh, policy),
    HTTPRoute: () => routeLines(view, policy),
    GatewayHTTPRoute: () => routeLines(view, policy),
    GatewayGRPCRoute: () => routeLines(view, policy),
  };
  return rows[policy.kind]?.() ?? [];
}

function serverLines(view: ClusterView, server: PolicyView): readonly string[] {
  const { selects, port } = serverRules(server);
  const { podSelector, externalWorkloadSelector } = server.spec;
  if (podSelector === undefined && isObject(externalWorkloadSelector))
    return ["is for workloads outside of the cluster: it selects no pod"];
  const selected = view.podsIn(server.namespace).filter(({ alive, labels }) => alive && selects.takes(labels));
  if (selected.length === 0) return ["selects no pod in the mesh"];
  const isNamed = typeof port !== "string" || selected.some((pod) => portsNamed(pod, port).size > 0);
  return isNamed ? [] : [`no pod that it selects has a port named ${port}`];
}

const authorizationLines = (
  view: ClusterView,
  mesh: MeshView,
  policy: PolicyView,
  missing: string,
): readonly string[] => (serversFor(view, mesh, policy).length === 0 ? [`${missing}: it lets nobody in`] : []);

function serverText({ spec }: PolicyView): string {
  const { name } = isObject(spec["server"]) ? spec["server"] : {};
  return typeof name === "string" ? noServer(name) : "selects no Server of its namespace";
}

function authorizationPolicyLines(view: ClusterView, mesh: MeshView, policy: PolicyView): readonly string[] {
  const { namespace } = policy;
  const name = routeFor(view, mesh, policy);
  if (name === undefined) return authorizationLines(view, mesh, policy, targetText(policy));
  const route = view.policy(name.kind, namespace, name.name);
  if (route === undefined) return [`there is no ${policyName({ namespace, ...name })}: it lets nobody in`];
  return serversOf(route).some((server) => view.policy("Server", namespace, server) !== undefined)
    ? []
    : [`${policyName(route)} is attached to no Server: it lets nobody in`];
}

function targetText({ spec, namespace }: PolicyView): string {
  const { kind, name } = isObject(spec["targetRef"]) ? spec["targetRef"] : {};
  return kind === "Server" && typeof name === "string"
    ? noServer(name)
    : `there is no Server in namespace ${namespace}`;
}

const noServer = (name: string): string => `there is no Server ${name} in its namespace`;

function networkLines(view: ClusterView, mesh: MeshView, policy: PolicyView): readonly string[] {
  const { service: name } = networkRules(policy);
  if (name === undefined) return [];
  const service = view.service(policy.namespace, name);
  if (service === undefined) return [`there is no Service ${name}: it holds for no pod`];
  if (Object.keys(service.selector).length === 0) return [`Service ${name} has no selector: it holds for no pod`];
  if (podsBehind(service, view.podsIn(service.namespace)).length === 0)
    return [`no pod in the mesh is behind Service ${name}`];
  return networkPolicyStatus(view, mesh, policy)
    .filter(({ type, status }) => type === "InEffect" && status === "False")
    .map(({ message }) => message);
}

const routeLines = (view: ClusterView, route: PolicyView): readonly string[] =>
  serversOf(route)
    .filter((name) => view.policy("Server", route.namespace, name) === undefined)
    .map((name) => `${noServer(name)}, to which it is attached`);
