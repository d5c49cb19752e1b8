/** What a target is, as `GetProfile` tells it (contract 3.4). Never NOT_FOUND, on which a proxy waits for ever (3.2). */
import { isOpaqueOnPod, isOpaqueOnService } from "../policy/opaque.ts";
import { servicePortOf } from "../policy/pod-ports.ts";
import type { DestinationProfile } from "../proxy-api/destination.ts";
import type { ClusterView } from "../view/cluster.ts";
import type { MeshView } from "../view/mesh.ts";
import type { PodView, ServiceView } from "../view/objects.ts";
import { zoneOf } from "./client.ts";
import type { Client } from "./client.ts";
import { targetText } from "./target.ts";
import type { AddressTarget, Invalid, ServiceTarget, Target } from "./target.ts";
import { bareEndpoint, podEndpoint, zoneLabels } from "./weighted.ts";

export type Profile = { readonly kind: "profile"; readonly profile: DestinationProfile } | Invalid;

export function profileOf(view: ClusterView, mesh: MeshView, target: Target, client: Client): Profile {
  if (target.kind === "invalid") return target;
  if (target.kind === "address") return ofAddress(view, mesh, target, client);
  const service = view.service(target.namespace, target.name);
  if (service === undefined) return invalid(`there is no Service ${target.namespace}/${target.name}`);
  if (service.type === "ExternalName")
    return invalid(`Service ${service.namespace}/${service.name} is an ExternalName`);
  return target.hostname === ""
    ? ofService(view, mesh, service, target.port, client)
    : ofHostname(view, mesh, target, client);
}

/** Equal for who gets the same profile. */
export const profileKey = (target: Target, { zone, isOpaque }: Client): string =>
  `${isOpaque ? "opaque " : ""}profile of ${targetText(target)} for zone ${JSON.stringify(zone)}`;

/** In the order of who has an address: a Service, a pod, a port of a node, nobody that is known. */
function ofAddress(view: ClusterView, mesh: MeshView, { ip, port }: AddressTarget, client: Client): Profile {
  const service = view.serviceAt(ip);
  if (service !== undefined) return ofService(view, mesh, service, port, client);
  const [pod] = view.podsAt(ip);
  if (pod !== undefined) return ofPod(view, mesh, { pod, ip, port }, client);
  return onHost(view, mesh, { kind: "address", ip, port }, client) ?? bare(mesh, ip, port, client);
}

function ofService(view: ClusterView, mesh: MeshView, service: ServiceView, port: number, client: Client): Profile {
  const { namespace, name } = service;
  const isDefined = servicePortOf(service, port) !== undefined;
  // The policy of such a port forbids the traffic. Of a headless Service all ports can be reached.
  if (!isDefined && !service.headless) return profile({});
  return profile({
    fully_qualified_name: `${name}.${namespace}.svc.${mesh.clusterDomain}`,
    opaque_protocol: client.isOpaque || isOpaqueOnService(view, mesh, service, port),
    retry_budget: { retry_ratio: 0.2, min_retries_per_second: 10, ttl: { seconds: 10 } },
    parent_ref: { resource: { group: "core", kind: "Service", namespace, name, port } },
  });
}

interface PodPort {
  readonly pod: PodView;
  readonly ip: string;
  readonly port: number;
}

function ofPod(view: ClusterView, mesh: MeshView, at: PodPort, client: Client): Profile {
  const { pod, port } = at;
  const zone = zoneOf(view, pod.nodeName);
  const endpoint = podEndpoint(view, mesh, at, { namespace: pod.namespace, ...zoneLabels(zone, client.zone) });
  const opaque_protocol = client.isOpaque || isOpaqueOnPod(view, mesh, pod, port);
  return profile(endpoint === undefined ? { opaque_protocol } : { endpoint, opaque_protocol });
}

/** A port of the node leads to one of the pod: that is where the pod's proxy can be dialled. */
function onHost(view: ClusterView, mesh: MeshView, { ip, port }: AddressTarget, client: Client): Profile | undefined {
  for (const pod of view.podsOnHost(ip)) {
    const found = pod.ports.find(({ hostPort, protocol }) => hostPort === port && protocol === "TCP");
    if (found === undefined) continue;
    if (pod.hostNetwork) return ofPod(view, mesh, { pod, ip, port }, client);
    const podIp = pod.ips.find((each) => each.includes(":") === ip.includes(":"));
    if (podIp !== undefined) return ofPod(view, mesh, { pod, ip: podIp, port: found.port }, client);
  }
  return undefined;
}

function ofHostname(view: ClusterView, mesh: MeshView, target: ServiceTarget, client: Client): Profile {
  const { namespace, name, hostname, port } = target;
  const named = view
    .slicesOf(namespace, name)
    .flatMap(({ endpoints }) => endpoints)
    .filter((endpoint) => endpoint.hostname === hostname);
  const { addresses: [ip] = [], pod: of } = named.find(({ ready }) => ready) ?? named[0] ?? {};
  if (ip === undefined) return invalid(`Service ${namespace}/${name} has no endpoint ${hostname}`);
  const pod = of && view.pod(of.namespace, of.name);
  return pod === undefined ? bare(mesh, ip, port, client) : ofPod(view, mesh, { pod, ip, port }, client);
}

/** Ports that are opaque unless somebody says otherwise are so of strangers too: databases, mostly. */
function bare({ opaquePorts }: MeshView, ip: string, port: number, client: Client): Profile {
  const endpoint = bareEndpoint(ip, port);
  const opaque_protocol = client.isOpaque || opaquePorts.some(({ low, high }) => low <= port && port <= high);
  return profile(endpoint === undefined ? { opaque_protocol } : { endpoint, opaque_protocol });
}

const profile = (message: DestinationProfile): Profile => ({ kind: "profile", profile: message });

const invalid = (message: string): Invalid => ({ kind: "invalid", message });
