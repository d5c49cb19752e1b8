/** What a target is, as `GetProfile` tells it. Never NOT_FOUND, on which a proxy waits for ever. */
import { isOpaqueOnPod, isOpaqueOnService } from "../policy/opaque.ts";
import { servicePortOf } from "../policy/pod-ports.ts";
import type { DestinationProfile } from "../proxy-api/destination.ts";
import type { ClusterView } from "../view/cluster.ts";
import type { MeshView } from "../view/mesh.ts";
import type { ContainerPort, PodView, ServiceView } from "../view/objects.ts";
import { isTakenOver, likeliest } from "../view/pods-at.ts";
import { zoneOf } from "./client.ts";
import type { Client } from "./client.ts";
import { targetKey } from "./target.ts";
import type { AddressTarget, Invalid, ServiceTarget, Target } from "./target.ts";
import { bareEndpoint, isListenedTo, podEndpoint, zoneLabels } from "./weighted.ts";
import type { PodPort } from "./weighted.ts";

export type Profile = { readonly kind: "profile"; readonly profile: DestinationProfile } | Invalid;

export function profileOf(view: ClusterView, mesh: MeshView, target: Target, client: Client): Profile {
  if (target.kind === "invalid") return target;
  if (target.kind === "address") return ofAddress(view, mesh, target, client);
  const service = view.service(target.namespace, target.name);
  // Whoever is told "no profile" keeps to that while it is asked: the Service may come.
  if (service === undefined) return profile(named(mesh, target, client.isOpaque));
  if (service.type === "ExternalName")
    return invalid(`Service ${service.namespace}/${service.name} is an ExternalName`);
  return target.hostname === ""
    ? ofService(view, mesh, service, target.port, client)
    : ofHostname(view, mesh, target, client);
}

/** Equal for who gets the same profile. */
export const profileKey = (target: Target, { zone, isOpaque }: Client): string =>
  JSON.stringify(["profile", targetKey(target), zone, isOpaque]);

/** In the order of who has an address: a Service, a pod, a port of a node, nobody that is known. */
function ofAddress(view: ClusterView, mesh: MeshView, { ip, port }: AddressTarget, client: Client): Profile {
  const service = view.serviceAt(ip);
  if (service !== undefined) return ofService(view, mesh, service, port, client);
  const pod = likeliest(view.podsAt(ip));
  if (pod !== undefined) return ofPod(view, mesh, { pod, ip, port }, client);
  return onHost(view, mesh, { kind: "address", ip, port }, client) ?? bare(mesh, ip, port, client);
}

function ofService(view: ClusterView, mesh: MeshView, service: ServiceView, port: number, client: Client): Profile {
  const { namespace, name } = service;
  const isDefined = servicePortOf(service, port) !== undefined;
  // The policy of such a port forbids the traffic. Of a headless Service all ports can be reached.
  if (!isDefined && !service.headless) return profile({});
  return profile({
    ...named(mesh, { namespace, name, hostname: "" }, client.isOpaque || isOpaqueOnService(view, mesh, service, port)),
    parent_ref: { resource: { group: "core", kind: "Service", namespace, name, port } },
  });
}

const named = (
  { clusterDomain }: MeshView,
  { namespace, name, hostname }: Pick<ServiceTarget, "namespace" | "name" | "hostname">,
  isOpaque: boolean,
): DestinationProfile => ({
  fully_qualified_name: `${hostname === "" ? "" : `${hostname}.`}${name}.${namespace}.svc.${clusterDomain}`,
  opaque_protocol: isOpaque,
  retry_budget: { retry_ratio: 0.2, min_retries_per_second: 10, ttl: { seconds: 10 } },
});

function ofPod(view: ClusterView, mesh: MeshView, at: PodPort, client: Client): Profile {
  const { pod, port } = at;
  const zone = zoneOf(view, pod.nodeName);
  const ip = isListenedTo(mesh, at.ip) ? at.ip : (pod.ips.find((each) => isListenedTo(mesh, each)) ?? at.ip);
  const endpoint = podEndpoint(
    view,
    mesh,
    { pod, ip, port },
    { namespace: pod.namespace, ...zoneLabels(zone, client.zone) },
  );
  const opaque_protocol = client.isOpaque || isOpaqueOnPod(view, mesh, pod, port);
  return profile(endpoint === undefined ? { opaque_protocol } : { endpoint, opaque_protocol });
}

/** A port of the node leads to one of the pod: that is where the pod's proxy can be dialled. */
function onHost(view: ClusterView, mesh: MeshView, { ip, port }: AddressTarget, client: Client): Profile | undefined {
  const portOf = (pod: PodView) =>
    pod.ports.find((each) => each.hostPort === port && each.protocol === "TCP" && isFor(each, ip))?.port;
  const pod = likeliest(view.podsOnHost(ip).filter((each) => portOf(each) !== undefined));
  const behind = pod && portOf(pod);
  if (pod === undefined || behind === undefined) return undefined;
  if (pod.hostNetwork) return ofPod(view, mesh, { pod, ip, port }, client);
  const podIp = pod.ips.find((each) => each.includes(":") === ip.includes(":"));
  return podIp === undefined ? undefined : ofPod(view, mesh, { pod, ip: podIp, port: behind }, client);
}

/** A `hostPort` may be for one of the node's addresses alone, or for all of a family. */
function isFor({ hostIp }: ContainerPort, ip: string): boolean {
  if (hostIp === "0.0.0.0" || hostIp === "::") return hostIp.includes(":") === ip.includes(":");
  return hostIp === "" || hostIp === ip;
}

function ofHostname(view: ClusterView, mesh: MeshView, target: ServiceTarget, client: Client): Profile {
  const { namespace, name, hostname, port } = target;
  const hosts = view
    .slicesOf(namespace, name)
    .flatMap(({ endpoints }) => endpoints)
    .filter((endpoint) => endpoint.hostname === hostname);
  const { addresses: [ip] = [], pod: of } = hosts.find(({ ready }) => ready) ?? hosts[0] ?? {};
  if (ip === undefined) return profile(named(mesh, target, client.isOpaque));
  const pod = of && view.pod(of.namespace, of.name);
  if (pod === undefined) return bare(mesh, ip, port, client);
  return isTakenOver(view, pod, ip)
    ? profile(named(mesh, target, client.isOpaque))
    : ofPod(view, mesh, { pod, ip, port }, client);
}

/** Ports that are opaque unless somebody says otherwise are so of strangers too: databases, mostly. */
function bare({ opaquePorts }: MeshView, ip: string, port: number, client: Client): Profile {
  const endpoint = bareEndpoint(ip, port);
  const opaque_protocol = client.isOpaque || opaquePorts.some(({ low, high }) => low <= port && port <= high);
  return profile(endpoint === undefined ? { opaque_protocol } : { endpoint, opaque_protocol });
}

const profile = (message: DestinationProfile): Profile => ({ kind: "profile", profile: message });

const invalid = (message: string): Invalid => ({ kind: "invalid", message });
