/** The endpoints of a Service, as `Get` tells them. */
import { perObject } from "../base/memory/memo.ts";
import { nowhere, portsOf } from "../policy/serving.ts";
import type { WeightedAddr } from "../proxy-api/destination.ts";
import type { ClusterView } from "../view/cluster.ts";
import type { MeshView } from "../view/mesh.ts";
import { chosenOf } from "./chosen.ts";
import type { Chosen } from "./chosen.ts";
import type { Place } from "./client.ts";
import { targetKey } from "./target.ts";
import type { Invalid, Target } from "./target.ts";
import { bareEndpoint, labelsOf, spokenWith, zoneLabels } from "./weighted.ts";
import type { Spoken } from "./weighted.ts";

export type Endpoints = EndpointSet | Invalid;

/** What is large is chosen once for all ports, and the rest says what is to be put in for this one. */
export interface EndpointSet {
  readonly kind: "endpoints";
  /** Whether there is such a Service. */
  readonly exists: boolean;
  /** Of all endpoints. */
  readonly labels: Readonly<Record<string, string>>;
  /** A function, so that sets are compared by which object it is, and not by thousands of endpoints. */
  readonly chosen: () => Chosen;
  /** Of the client. */
  readonly zone: string;
  /** By rank. */
  readonly ports: readonly number[];
  /** How a pod is spoken to: by rank, by model. */
  readonly spoken: readonly (readonly Spoken[])[];
}

/** A Service that is not there yet has no endpoints: the stream stays, and tells when it comes. */
export function endpointsOf(view: ClusterView, mesh: MeshView, target: Target, place: Place): Endpoints {
  if (target.kind === "invalid") return target;
  if (target.kind === "address") return { kind: "invalid", message: `${target.ip}: expected the name of a Service` };
  const { namespace, name, hostname } = target;
  const service = view.service(namespace, name);
  if (service?.type === "ExternalName")
    return { kind: "invalid", message: `Service ${namespace}/${name} is an ExternalName: it has no endpoints` };
  const { slices, ports } = service === undefined ? nowhere : portsOf(view, mesh, service, target.port);
  const choice = { namespace, slices, hostname, isLocal: service?.isLocal === true, place };
  const chosen = slices.length === 0 ? none : chosenOf(view, mesh, choice);
  return {
    kind: "endpoints",
    exists: service !== undefined,
    labels: { namespace, service: name },
    chosen: handleOf(chosen),
    zone: place.zone,
    ports,
    spoken: ports.map((port) => chosen.spokenTo.map((model) => spokenWith(view, mesh, { ...model, port }))),
  };
}

/** Equal for who gets the same endpoints. */
export const endpointsKey = (target: Target, { zone, node }: Place): string =>
  JSON.stringify(["endpoints", targetKey(target), zone, node]);

const none: Chosen = { endpoints: [], ranks: [], models: [], spokenTo: [] };
const handleOf = perObject((chosen: Chosen) => (): Chosen => chosen);

/** One of the chosen, such as `10.0.0.1:80`. */
export function addressAt({ chosen, ports }: EndpointSet, index: number): string {
  const { endpoints, ranks } = chosen();
  const [ip = "", port] = [endpoints[index]?.ip, ports[ranks[index] ?? 0]];
  return ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`;
}

export const spokenAt = ({ chosen, spoken }: EndpointSet, index: number): Spoken => {
  const { ranks, models } = chosen();
  return spoken[ranks[index] ?? 0]?.[models[index] ?? -1] ?? {};
};

/** One of the chosen as it is told; undefined: there is none. */
export function endpointAt(set: EndpointSet, index: number): WeightedAddr | undefined {
  const { endpoints, ranks } = set.chosen();
  const [candidate, port] = [endpoints[index], set.ports[ranks[index] ?? 0]];
  if (candidate === undefined || port === undefined) return undefined;
  const { endpoint, ip, pod } = candidate;
  const labels = { ...(pod && labelsOf(pod)), ...zoneLabels(endpoint.zone, set.zone) };
  const bare = bareEndpoint(ip, port, labels);
  return bare && { ...bare, ...spokenAt(set, index) };
}
