/** Who serves a port of a Service: its EndpointSlices that have the port, and their endpoints that can be told of. */
import { perObject } from "../base/memory/memo.ts";
import { ipAddress } from "../proxy-api/address.ts";
import type { ClusterView } from "../view/cluster.ts";
import type { MeshView } from "../view/mesh.ts";
import type { EndpointView, PodView, ServiceView, SlicePort, SliceView } from "../view/objects.ts";
import { isTakenOver } from "../view/pods-at.ts";
import { servicePortOf } from "./pod-ports.ts";

/** Whether anybody does: whom it is asked for is made again when that turns round, not for each endpoint. */
export const isServed = (view: ClusterView, mesh: MeshView, { namespace, name }: ServiceName, port: number): boolean =>
  view.shared(`whether ${namespace}/${name}:${port} is served, IPv6 too: ${mesh.ipv6}`, (view) => {
    const service = view.service(namespace, name);
    const { slices } = service === undefined ? nowhere : portsOf(view, mesh, service, port);
    return slices.some(([slice]) => candidatesIn(view, namespace, slice).length > 0);
  });

type ServiceName = Pick<ServiceView, "namespace" | "name">;

/** An endpoint that serves. */
export interface Candidate {
  readonly endpoint: EndpointView;
  readonly ip: string;
  /** `undefined`: somebody else's. */
  readonly pod: PodView | undefined;
}

/** Of a slice, whoever asks for it on whatever port. */
export const candidatesIn = (view: ClusterView, namespace: string, name: string): readonly Candidate[] =>
  view.shared(`endpoints of EndpointSlice ${namespace}/${name}`, (view) => {
    const endpoints = view.slice(namespace, name)?.endpoints ?? [];
    return endpoints.flatMap((endpoint): readonly Candidate[] => {
      // All addresses of an endpoint are as good as its first (discovery.k8s.io/v1).
      const [ip] = endpoint.addresses;
      const serves = endpoint.ready || endpoint.draining;
      if (ip === undefined || !serves || ipAddress(ip) === undefined) return [];
      const pod = endpoint.pod && view.pod(endpoint.pod.namespace, endpoint.pod.name);
      // Without its pod nobody knows who answers there: it comes with the pod, and is never spoken to in plain text till then.
      if (endpoint.pod !== undefined && pod === undefined) return [];
      return pod !== undefined && isTakenOver(view, pod, ip) ? [] : [{ endpoint, ip, pod }];
    });
  });

interface Ports {
  readonly slices: readonly (readonly [name: string, rank: number])[];
  readonly ports: readonly number[];
}

export const nowhere: Ports = { slices: [], ports: [] };

/** Slices that have the port, each with the number of its port among all of them: mostly there is one. */
export function portsOf(view: ClusterView, mesh: MeshView, service: ServiceView, asked: number): Ports {
  const ranks = new Map<number, number>();
  const slices = view.slicesOf(service.namespace, service.name).flatMap((slice): Ports["slices"] => {
    const port = portOn(slice, service, asked);
    if (port === undefined || slice.addressType === "FQDN") return [];
    if (slice.addressType === "IPv6" && !mesh.ipv6) return [];
    const rank = ranks.get(port) ?? ranks.size;
    ranks.set(port, rank);
    return [[slice.name, rank]];
  });
  return { slices, ports: [...ranks.keys()] };
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
