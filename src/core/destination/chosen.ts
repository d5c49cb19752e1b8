/**
 * Which endpoints of a Service a client is to use: the same for all ports that lead to the same EndpointSlices, so they
 * are chosen once, whatever the ports that are asked for. What depends on the port is put in when it is told.
 */
import { keys, labels as labelKeys } from "../mesh/annotations.ts";
import { perObject } from "../base/memory/memo.ts";
import type { SidecarPorts } from "../mesh/proxy-ports.ts";
import { coveredServicesOf } from "../policy/covering.ts";
import { serversFor } from "../policy/server.ts";
import { candidatesIn } from "../policy/serving.ts";
import type { Candidate } from "../policy/serving.ts";
import type { ClusterView } from "../view/cluster.ts";
import type { MeshView } from "../view/mesh.ts";
import type { ContainerPort, PodView } from "../view/objects.ts";
import type { Place } from "./client.ts";
import { isListenedTo } from "./weighted.ts";

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
  // All of them first: where making one of them puts this off, nothing else was done yet.
  const parts = slices.map(([name, rank]) => ({
    rank,
    candidates: candidatesIn(view, namespace, name),
    manners: mannersIn(view, namespace, name),
  }));
  const all = new Ranked();
  const { modelsIn, spokenTo } = modelsOf();
  for (const { rank, candidates, manners } of parts) {
    const modelAt = modelsIn(manners);
    for (const [index, candidate] of candidates.entries())
      if (hostname === "" || candidate.endpoint.hostname === hostname) all.add(candidate, rank, modelAt(index));
  }
  const { endpoints, ranks, models } = narrowed(all.oncePerPod(mesh), choice);
  return { endpoints, ranks, models, spokenTo };
}

type Lists = Pick<Chosen, "endpoints" | "ranks" | "models">;

/** Those of them for which it holds: mostly all. */
function those(of: Lists, holds: (candidate: Candidate, rank: number) => boolean): Lists {
  const { endpoints, ranks, models } = of;
  const isOne = endpoints.map((candidate, index) => holds(candidate, ranks[index] ?? 0));
  if (!isOne.includes(false)) return of;
  const isKept = (_: unknown, index: number): boolean => isOne[index] === true;
  return { endpoints: endpoints.filter(isKept), ranks: ranks.filter(isKept), models: models.filter(isKept) };
}

/** Candidates, each once for each rank. */
class Ranked implements Lists {
  readonly endpoints: Candidate[] = [];
  readonly ranks: number[] = [];
  readonly models: number[] = [];
  readonly #byRank = new Map<number, Map<string, number>>();

  add(candidate: Candidate, rank: number, model: number): void {
    const known = this.#byRank.get(rank) ?? new Map<string, number>();
    if (known.size === 0) this.#byRank.set(rank, known);
    const before = known.get(candidate.ip);
    // An endpoint that moves between slices is in both for a moment.
    if (before !== undefined && this.endpoints[before]?.endpoint.ready === true) return;
    const index = before ?? this.endpoints.length;
    known.set(candidate.ip, index);
    this.endpoints[index] = candidate;
    this.ranks[index] = rank;
    this.models[index] = model;
  }

  /** A pod with two addresses is one endpoint, at the first one that its proxy listens on. */
  oncePerPod(mesh: MeshView): Lists {
    return those(this, ({ ip, pod }, rank) => {
      if (pod === undefined || pod.ips.length < 2) return true;
      const first = pod.ips.find((each) => isListenedTo(mesh, each)) ?? ip;
      return first === ip || !pod.ips.includes(ip) || this.#byRank.get(rank)?.has(first) !== true;
    });
  }
}

/**
 * As kube-proxy chooses: those on the client's node, where the Service says so; those that are ready, if any are; those
 * meant for the client's zone, if all have such hints and some are meant for it (Kubernetes, "Topology Aware Routing").
 */
function narrowed(all: Lists, { isLocal, place: { zone, node } }: Choice): Lists {
  if (isLocal) return readyIfAny(those(all, ({ endpoint }) => node !== "" && endpoint.nodeName === node));
  const usable = readyIfAny(all);
  const hasHints = zone !== "" && usable.endpoints.every(({ endpoint }) => endpoint.forZones.length > 0);
  const hinted = hasHints ? those(usable, ({ endpoint }) => endpoint.forZones.includes(zone)) : usable;
  return hinted.endpoints.length > 0 ? hinted : usable;
}

/** Where all endpoints end, those that still serve are better than none (KEP-1669, kube-proxy since 1.28). */
function readyIfAny(all: Lists): Lists {
  const ready = those(all, ({ endpoint }) => endpoint.ready);
  return ready.endpoints.length > 0 ? ready : all;
}

/** The ways of speaking to the candidates of a slice, but for the port. */
interface Manners {
  /** Of each candidate the number of its manner; -1: nobody's, it is no pod. */
  readonly numbers: readonly number[];
  /** Functions, so that they are compared by which object it is, and not by thousands of Servers. */
  readonly manners: () => readonly Manner[];
}

interface Manner {
  readonly pod: PodView;
  readonly ip: string;
  /** All that the way of speaking to a pod depends on. */
  readonly parts: readonly unknown[];
}

const mannersIn = (view: ClusterView, namespace: string, name: string): Manners =>
  view.shared(`manners of EndpointSlice ${namespace}/${name}`, (view) => {
    const numberOf = numbersOfBranches();
    const manners: Manner[] = [];
    const numbers = candidatesIn(view, namespace, name).map(({ pod, ip }) => {
      if (pod === undefined) return -1;
      const parts = mannerOf(view, pod, ip);
      return numberOf(parts, () => manners.push({ pod, ip, parts }) - 1);
    });
    return { numbers, manners: () => manners };
  });

/** The same number for the same parts, in all slices. */
function modelsOf() {
  const numberOf = numbersOfBranches();
  const spokenTo: { readonly pod: PodView; readonly ip: string }[] = [];
  return {
    spokenTo,
    modelsIn: ({ numbers, manners }: Manners): ((index: number) => number) => {
      const models = manners().map(({ pod, ip, parts }) => numberOf(parts, () => spokenTo.push({ pod, ip }) - 1));
      return (index) => models[numbers[index] ?? -1] ?? -1;
    },
  };
}

/** What was numbered before has its number; `next` numbers what is new. */
function numbersOfBranches() {
  const root: Branch = new Map();
  const numbers = new Map<Branch, number>();
  return (parts: readonly unknown[], next: () => number): number => {
    const leaf = parts.reduce(branch, root);
    const number = numbers.get(leaf) ?? next();
    numbers.set(leaf, number);
    return number;
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
