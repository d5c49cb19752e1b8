/**
 * Which ports are opaque: the proxy forwards their bytes unread. What a pod says decides for its
 * endpoints and its inbound side, what a Service says for those who reach it by the Service.
 */
import { keys } from "../mesh/annotations.ts";
import type { Annotations } from "../base/json/json.ts";
import { opaqueSource } from "../mesh/opaque-ports.ts";
import { hasPort } from "../mesh/port-list.ts";
import type { PortList } from "../mesh/port-list.ts";
import { isProxyPort } from "../mesh/proxy-ports.ts";
import type { ClusterView } from "../view/cluster.ts";
import type { MeshView } from "../view/mesh.ts";
import type { PodView, ServiceView } from "../view/objects.ts";
import type { Workload } from "../view/workload.ts";
import { coveredService, coveredServicesOf, egressPortsOf, listedOrBehind, listingsOn } from "./covering.ts";
import { servicePortOf, targetOf } from "./pod-ports.ts";
import { isListedFor, isWithin, portListIn } from "./port-list.ts";
import { serverOn, serverRules } from "./server.ts";

/**
 * A port of a pod: as the Server says that selects it, else by annotations, or as an ingress port of a NetworkPolicy.
 * The proxy's own ports never are.
 */
export function isOpaqueOnPod(view: ClusterView, mesh: MeshView, pod: PodView, port: number): boolean {
  if (isProxyPort(mesh.proxyPorts, pod, port)) return false;
  const server = serverOn(view, pod, port);
  if (server !== undefined) return serverRules(server).protocol === "opaque";
  return (
    isListed(view, mesh, pod, [port], (list) => isListedFor(list, pod, port)) ||
    listingsOn(coveredServicesOf(view, pod), pod, port).length > 0
  );
}

/**
 * A port of a Service, as its clients dial it: by its annotations, or because a NetworkPolicy of this Service lists it,
 * or the pod's port behind it. The default list is looked up by either port, too.
 */
export function isOpaqueOnService(view: ClusterView, mesh: MeshView, service: ServiceView, port: number): boolean {
  const own = servicePortOf(service, port);
  const numbers = typeof own?.targetPort === "number" ? [port, own.targetPort] : [port];
  const isIn = (list: PortList): boolean => hasPort(list, port) || (own !== undefined && list.names.has(own.name));
  return isListed(view, mesh, service, numbers, isIn) || isInPolicyOf(view, service, port);
}

/** A port that a client dials: one of the egress ports of a NetworkPolicy whose Service selects the client. */
export function isOpaqueForClient(view: ClusterView, client: Workload | undefined, port: number): boolean {
  const pod = client === undefined ? undefined : view.pod(client.namespace, client.pod);
  return pod !== undefined && egressPortsOf(coveredServicesOf(view, pod)).has(port);
}

/**
 * A port of an address that is nobody's in the cluster: databases on their usual ports, whose servers speak first, and
 * the ports that the client's own pod lists.
 */
export function isOpaqueOutside(
  view: ClusterView,
  mesh: MeshView,
  client: Workload | undefined,
  port: number,
): boolean {
  if (mesh.opaquePorts.some((range) => isWithin(port, range))) return true;
  const pod = client === undefined ? undefined : view.pod(client.namespace, client.pod);
  const list = pod === undefined ? undefined : usableList(pod.annotations);
  return list !== undefined && hasPort(list, port);
}

/** As the injector decides, too. `numbers`: those that the default list is asked for. */
function isListed(
  view: ClusterView,
  mesh: MeshView,
  object: { readonly namespace: string; readonly annotations: Annotations },
  numbers: readonly number[],
  isIn: (list: PortList) => boolean,
): boolean {
  const inherited = view.namespace(object.namespace)?.annotations ?? nothing;
  const source = opaqueSource(object.annotations, inherited, usableList);
  if (source.from === "switch") return true;
  return source.from === "default"
    ? mesh.opaquePorts.some((range) => numbers.some((number) => isWithin(number, range)))
    : isIn(source.list);
}

const nothing: Annotations = {};

function usableList(annotations: Annotations): PortList | undefined {
  const list = portListIn(annotations, keys.opaquePorts);
  return list === "overlong" ? undefined : list;
}

function isInPolicyOf(view: ClusterView, service: ServiceView, port: number): boolean {
  const covered = coveredService(view, service.namespace, service.name);
  if (covered === undefined) return false;
  const listed = listedOrBehind(view, covered);
  if (listed.ports.has(port)) return true;
  const own = servicePortOf(service, port);
  return own !== undefined && listed.targets.has(targetOf(own));
}
