/**
 * Which endpoints of a Service a client is to use: the same for all ports that lead to the same EndpointSlices, so they
 * are chosen once, whatever the ports that are asked for. What depends on the port is put in when it is told.
 */
import { keys, labels as labelKeys } from "../mesh/annotations.ts";
import { perObject } from "../base/memory/memo.ts";
import type { SidecarPorts } from "../mesh/proxy-ports.ts";
import { coveredServicesOf } from "../policy/covering.ts";
import { serversFor } from "../policy/server.ts";
import { ipAddress } from "../proxy-api/address.ts";
import type { ClusterView } from "../view/cluster.ts";
import type { MeshView } from "../view/mesh.ts";
import type { ContainerPort, EndpointView, PodView } from "../view/objects.ts";
import { isTakenOver } from "../view/pods-at.ts";
import type { Place } from "./client.ts";
import { isListenedTo } from "./weighted.ts";

/** An endpoint that serves. */
export interface Candidate {
  readonly endpoint: EndpointView;
  readonly ip: string;
  /** `undefined`: somebody else's. */
  readonly pod: PodView | undefined;
}

/** Three lists of one length, and what the last one refers to: an object for each of many endpoints would cost as much. */
export interface Chosen {
  readonly endpoints: readonly Candidate[];
  /** By which of the target's ports each is dialled. */
  readonly ranks: readonly number[];
  /** Whose model each is; -1: nobody's, it is no pod. */
  readonly models: readonly number[];
  /** Each stands for all pods that are spoken to in the same way, on whatever port. */
  readonly spokenTo: readonly { readonly pod: PodView; readonly ip: string }[];
}

export interface Choice {
  readonly namespace: string;
  /** EndpointSlices by name, each with the rank of its port. */
  readonly slices: readonly (readonly [name: string, rank: number])[];
  /** Of one endpoint; empty: all of them. */
  readonly hostname: string;
  /** Only those on the client's own node. */
  readonly isLocal: boolean;
  readonly place: Place;
}

/** The same object for as long as the same ones are chosen. */
export const chosenOf = (view: ClusterView, mesh: MeshView, choice: Choice): Chosen =>
  view.shared(`endpoints chosen as ${JSON.stringify(choice)}`, (view) => chosenAnew(view, mesh, choice));

function chosenAnew(view: ClusterView, mesh: MeshView, choice: Choice): Chosen {
  const { namespace, slices, hostname } = choice;
  const all = new Map<string, Ranked>();
  for (const [name, rank] of slices)
    for (const candidate of candidatesIn(view, namespace, name)) {
      if (hostname !== "" && candidate.endpoint.hostname !== hostname) continue;
      const key = keyOf(candidate.ip, rank);
      // An endpoint that moves between slices is in both for a moment.
      if (all.get(key)?.candidate.endpoint.ready !== true) all.set(key, { candidate, rank });
    }
  const chosen = narrowed(oncePerPod(mesh, all), choice);
  const { modelOf, spokenTo } = modelsOf(view);
  return {
    endpoints: chosen.map(({ candidate }) => candidate),
    ranks: chosen.map(({ rank }) => rank),
    models: chosen.map(({ candidate }) => modelOf(candidate)),
    spokenTo,
  };
}

interface Ranked {
  readonly candidate: Candidate;
  readonly rank: number;
}

/** Of a slice, whoever asks for it on whatever port. */
const candidatesIn = (view: ClusterView, namespace: string, name: string): readonly Candidate[] =>
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

/** A pod with two addresses is one endpoint, at the first one that its proxy listens on. */
const oncePerPod = (mesh: MeshView, all: ReadonlyMap<string, Ranked>): readonly Ranked[] =>
  [...all.values()].filter(({ candidate: { ip, pod }, rank }) => {
    const first = pod?.ips.find((each) => isListenedTo(mesh, each)) ?? ip;
    return first === ip || pod?.ips.includes(ip) !== true || !all.has(keyOf(first, rank));
  });

/**
 * As kube-proxy chooses: those on the client's node, where the Service says so; those that are ready, if any are; those
 * meant for the client's zone, if all have such hints and some are meant for it (Kubernetes, "Topology Aware Routing").
 */
function narrowed(all: readonly Ranked[], { isLocal, place: { zone, node } }: Choice): readonly Ranked[] {
  if (isLocal) return readyIfAny(all.filter(({ candidate }) => node !== "" && candidate.endpoint.nodeName === node));
  const usable = readyIfAny(all);
  const hinted = usable.filter(({ candidate }) => candidate.endpoint.forZones.includes(zone));
  const hasHints = zone !== "" && usable.every(({ candidate }) => candidate.endpoint.forZones.length > 0);
  return hasHints && hinted.length > 0 ? hinted : usable;
}

/** Where all endpoints end, those that still serve are better than none (KEP-1669, kube-proxy since 1.28). */
function readyIfAny(all: readonly Ranked[]): readonly Ranked[] {
  const ready = all.filter(({ candidate }) => candidate.endpoint.ready);
  return ready.length > 0 ? ready : all;
}

const keyOf = (ip: string, rank: number): string => `${rank} ${ip}`;

/** Models are found by all that the way of speaking to a pod depends on, but for the port. */
function modelsOf(view: ClusterView) {
  const root: Branch = new Map();
  const models = new Map<Branch, number>();
  const spokenTo: { readonly pod: PodView; readonly ip: string }[] = [];
  return {
    spokenTo,
    modelOf: ({ pod, ip }: Candidate): number => {
      if (pod === undefined) return -1;
      const leaf = mannerOf(view, pod, ip).reduce(branch, root);
      const model = models.get(leaf) ?? spokenTo.push({ pod, ip }) - 1;
      models.set(leaf, model);
      return model;
    },
  };
}

/** A tree: a branch for each value of the first part, of each a branch for the second. */
interface Branch extends Map<unknown, Branch> {}

function branch(of: Branch, by: unknown): Branch {
  const next = of.get(by) ?? new Map<unknown, Branch>();
  of.set(by, next);
  return next;
}

const spokenKeys = [
  keys.skipInboundPorts,
  keys.opaquePorts,
  keys.enableOpaquePorts,
  keys.inboundPort,
  keys.adminPort,
  keys.controlPort,
] as const;

const mannerOf = (view: ClusterView, pod: PodView, ip: string): readonly unknown[] => [
  `${pod.namespace}/${pod.serviceAccount}/${pod.labels[labelKeys.controlPlaneNamespace] ?? ""}/${ip.includes(":")}`,
  ...spokenKeys.map((key) => pod.annotations[key]),
  portsText(pod.ports),
  pod.sidecar === undefined ? "" : portsOfSidecar(pod.sidecar),
  serversFor(view, pod),
  coveredServicesOf(view, pod),
];

const portsOfSidecar = ({ inbound, admin, control }: SidecarPorts): string => [inbound, admin, control].join();

const portsText = perObject((ports: readonly ContainerPort[]): string =>
  JSON.stringify(ports.map(({ name, port, protocol }) => [name, port, protocol])),
);
