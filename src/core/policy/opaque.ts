/**
 * Which ports are opaque: the proxy forwards their bytes unread (contract 3.5). What a pod says decides for its
 * endpoints and its inbound side, what a Service says for those who reach it by the Service.
 */
import { keys } from "../mesh/annotations.ts";
import type { Annotations } from "../mesh/api.ts";
import { parseBool } from "../mesh/booleans.ts";
import type { ClusterView } from "../view/cluster.ts";
import type { MeshView } from "../view/mesh.ts";
import type { PodView, ServiceView } from "../view/objects.ts";
import type { Workload } from "../view/workload.ts";
import { coveringPolicies, ingressRulesOn, podPortsOf, podsBehind, servicePortOf, targetPortOn } from "./covering.ts";
import type { WithPorts } from "./covering.ts";
import { networkRules } from "./network-rules.ts";
import { isInPortList, isNamedOn, isProxyPort, isWithin } from "./port-list.ts";
import { serverOn, serverRules } from "./server.ts";

/**
 * A port of a pod: as the Server says that selects it, else by annotations, or as an ingress port of a NetworkPolicy.
 * The proxy's own ports never are.
 */
export function isOpaqueOnPod(view: ClusterView, mesh: MeshView, pod: PodView, port: number): boolean {
  if (isProxyPort(mesh, pod, port)) return false;
  const server = serverOn(view, pod, port);
  if (server !== undefined) return serverRules(server).protocol === "opaque";
  return (
    isListed(view, mesh, pod, [port], isNamedOn(pod, port)) ||
    coveringPolicies(view, pod).some((covering) => ingressRulesOn(covering, pod, port).length > 0)
  );
}

/**
 * A port of a Service, as its clients dial it: by its annotations, or because a NetworkPolicy of this Service lists it,
 * or the pod's port behind it. The default list is looked up by either port, too.
 */
export function isOpaqueOnService(view: ClusterView, mesh: MeshView, service: ServiceView, port: number): boolean {
  const own = servicePortOf(service, port);
  const numbers = typeof own?.targetPort === "number" ? [port, own.targetPort] : [port];
  const isNamed = (name: string): boolean => own !== undefined && own.name === name;
  return isListed(view, mesh, service, numbers, isNamed) || isInPolicyOf(view, service, port);
}

/** A port that a client dials: one of the egress ports of a NetworkPolicy whose Service selects the client. */
export function isOpaqueForClient(view: ClusterView, client: Workload | undefined, port: number): boolean {
  const pod = client === undefined ? undefined : view.pod(client.namespace, client.pod);
  return pod !== undefined && coveringPolicies(view, pod).some(({ rules }) => rules.egressPorts.includes(port));
}

/**
 * As the injector decides (core/inject/opaque-ports.ts): what is the object's own goes before what is the namespace's,
 * and a list before the switch. `numbers`: those that the default list is asked for, the port itself first.
 */
function isListed(
  view: ClusterView,
  mesh: MeshView,
  object: { readonly namespace: string; readonly annotations: Annotations },
  numbers: readonly number[],
  isNamed: (name: string) => boolean,
): boolean {
  const [port = 0] = numbers;
  const own = object.annotations;
  const inherited = view.namespace(object.namespace)?.annotations ?? {};
  const ownList = own[keys.opaquePorts];
  if (ownList !== undefined) return isInPortList(ownList, port, isNamed);
  const ownSwitch = switchOf(own);
  if (ownSwitch === true) return true;
  const inheritedList = inherited[keys.opaquePorts];
  if (inheritedList !== undefined) return isInPortList(inheritedList, port, isNamed);
  if (ownSwitch !== false && switchOf(inherited) === true) return true;
  return mesh.opaquePorts.some((range) => numbers.some((number) => isWithin(number, range)));
}

function isInPolicyOf(view: ClusterView, service: ServiceView, port: number): boolean {
  const listed = view
    .policies("NetworkPolicy", service.namespace)
    .map(networkRules)
    .filter((rules) => rules.service === service.name)
    .flatMap(({ ingress }) => ingress.flatMap(({ ports }) => ports));
  if (listed.length === 0) return false;
  if (listed.includes(port)) return true;
  const own = servicePortOf(service, port);
  // A target port that is a number needs no pod to be known.
  const behind: readonly WithPorts[] = [{ ports: [] }, ...podsBehind(view, service)];
  return behind.some((pod) => {
    const target = targetPortOn(pod, own);
    return target !== undefined && listed.some((each) => podPortsOf(each, service, pod).includes(target));
  });
}

const switchOf = (annotations: Annotations): boolean | undefined =>
  parseBool(annotations[keys.enableOpaquePorts] ?? "");
