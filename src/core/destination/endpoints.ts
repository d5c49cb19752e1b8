/** The endpoints of a Service, as `Get` tells them (contract 3.3). */
import type { WeightedAddr } from "../proxy-api/destination.ts";
import type { ClusterView } from "../view/cluster.ts";
import type { MeshView } from "../view/mesh.ts";
import { perObject } from "../base/json/memo.ts";
import { servicePortOf } from "../policy/pod-ports.ts";
import type { EndpointView, PodView, ServiceView, SlicePort, SliceView } from "../view/objects.ts";
import type { Place } from "./client.ts";
import { targetKey } from "./target.ts";
import type { Invalid, ServiceTarget, Target } from "./target.ts";
import { bareEndpoint, isListenedTo, podEndpoint, zoneLabels } from "./weighted.ts";

export type Endpoints = EndpointSet | Invalid;

export interface EndpointSet {
  readonly kind: "endpoints";
  /** Whether there is such a Service. */
  readonly exists: boolean;
  /** Of all endpoints. */
  readonly labels: Readonly<Record<string, string>>;
  /** By address and port, such as `10.0.0.1:80`. */
  readonly addresses: ReadonlyMap<string, WeightedAddr>;
}

/** A Service that is not there yet has no endpoints: the stream stays, and tells when it comes. */
export function endpointsOf(view: ClusterView, mesh: MeshView, target: Target, place: Place): Endpoints {
  if (target.kind === "invalid") return target;
  if (target.kind === "address") return { kind: "invalid", message: `${target.ip}: expected the name of a Service` };
  const { namespace, name } = target;
  const service = view.service(namespace, name);
  if (service?.type === "ExternalName")
    return { kind: "invalid", message: `Service ${namespace}/${name} is an ExternalName: it has no endpoints` };
  const addresses = service === undefined ? new Map<string, never>() : addressesOf(view, mesh, service, target, place);
  return { kind: "endpoints", exists: service !== undefined, labels: { namespace, service: name }, addresses };
}

/** Equal for who gets the same endpoints. */
export const endpointsKey = (target: Target, { zone, node }: Place): string =>
  JSON.stringify(["endpoints", targetKey(target), zone, node]);

interface Candidate {
  readonly endpoint: EndpointView;
  readonly ip: string;
  readonly port: number;
  /** `undefined`: somebody else's. */
  readonly pod: PodView | undefined;
}

function addressesOf(
  view: ClusterView,
  mesh: MeshView,
  service: ServiceView,
  target: ServiceTarget,
  place: Place,
): ReadonlyMap<string, WeightedAddr> {
  const all = new Map<string, Candidate>();
  for (const slice of view.slicesOf(service.namespace, service.name))
    for (const candidate of candidates(view, mesh, service, target, slice)) {
      const key = keyOf(candidate);
      // An endpoint that moves between slices is in both for a moment.
      if (all.get(key)?.endpoint.ready !== true) all.set(key, candidate);
    }
  const addresses = new Map<string, WeightedAddr>();
  for (const candidate of chosen(oncePerPod(mesh, all), service, place)) {
    const { endpoint, ip, port, pod } = candidate;
    const labels = zoneLabels(endpoint.zone, place.zone);
    const address =
      pod === undefined ? bareEndpoint(ip, port, labels) : podEndpoint(view, mesh, { pod, ip, port }, labels);
    if (address !== undefined) addresses.set(keyOf(candidate), address);
  }
  return addresses;
}

function candidates(
  view: ClusterView,
  mesh: MeshView,
  service: ServiceView,
  { hostname, port: asked }: ServiceTarget,
  slice: SliceView,
): readonly Candidate[] {
  const port = portOn(slice, service, asked);
  if (port === undefined || slice.addressType === "FQDN") return [];
  if (slice.addressType === "IPv6" && !mesh.ipv6) return [];
  return slice.endpoints.flatMap((endpoint) => {
    // All addresses of an endpoint are as good as its first (discovery.k8s.io/v1).
    const [ip] = endpoint.addresses;
    const serves = endpoint.ready || endpoint.draining;
    if (ip === undefined || !serves || (hostname !== "" && endpoint.hostname !== hostname)) return [];
    const pod = endpoint.pod && view.pod(endpoint.pod.namespace, endpoint.pod.name);
    // Without its pod nobody knows who answers there: it comes with the pod, and is never spoken to in plain text till then.
    return endpoint.pod !== undefined && pod === undefined ? [] : [{ endpoint, ip, port, pod }];
  });
}

/** The endpoints' port behind a port of the Service, by its name. Of a headless Service all ports can be reached. */
function portOn(slice: SliceView, service: ServiceView, asked: number): number | undefined {
  const port = servicePortOf(service, asked);
  if (port === undefined) return service.headless ? asked : undefined;
  const same = tcpByName(slice.ports).get(port.name);
  // No ports, or one without number: any port will do (discovery.k8s.io/v1).
  if (slice.ports.length > 0 && same === undefined) return undefined;
  return same?.port ?? (typeof port.targetPort === "number" ? port.targetPort : asked);
}

const tcpByName = perObject((ports: readonly SlicePort[]): ReadonlyMap<string, SlicePort> => {
  // The first of a name.
  const tcp = ports.filter(({ protocol }) => protocol === "TCP").toReversed();
  return new Map(tcp.map((port) => [port.name, port]));
});

/** A pod with two addresses is one endpoint, at the first one that its proxy listens on. */
const oncePerPod = (mesh: MeshView, all: ReadonlyMap<string, Candidate>): readonly Candidate[] =>
  [...all.values()].filter(({ ip, port, pod }) => {
    const first = pod?.ips.find((each) => isListenedTo(mesh, each)) ?? ip;
    return first === ip || !pod?.ips.includes(ip) || !all.has(keyOf({ ip: first, port }));
  });

/**
 * As kube-proxy chooses: those on the client's node, where the Service says so; those that are ready, if any are; those
 * meant for the client's zone, if all have such hints and some are meant for it (Kubernetes, "Topology Aware Routing").
 */
function chosen(all: readonly Candidate[], service: ServiceView, { zone, node }: Place): readonly Candidate[] {
  if (service.isLocal) return readyIfAny(all.filter(({ endpoint }) => node !== "" && endpoint.nodeName === node));
  const usable = readyIfAny(all);
  const hinted = usable.filter(({ endpoint }) => endpoint.forZones.includes(zone));
  const hasHints = zone !== "" && usable.every(({ endpoint }) => endpoint.forZones.length > 0);
  return hasHints && hinted.length > 0 ? hinted : usable;
}

/** Where all endpoints end, those that still serve are better than none (KEP-1669, kube-proxy since 1.28). */
function readyIfAny(all: readonly Candidate[]): readonly Candidate[] {
  const ready = all.filter(({ endpoint }) => endpoint.ready);
  return ready.length > 0 ? ready : all;
}

const keyOf = ({ ip, port }: { readonly ip: string; readonly port: number }): string =>
  ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`;
