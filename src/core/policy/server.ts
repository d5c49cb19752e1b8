/** Linkerd's Server (policy.linkerd.io, v1beta1 to v1beta3): a port of pods, in place of the default policy. */
import { isObject } from "../base/json/json.ts";
import type { Json } from "../base/json/json.ts";
import type { Issue } from "../base/text/issue.ts";
import { perObject } from "../base/memory/memo.ts";
import { isPort } from "../base/scalars/ports.ts";
import type { ClusterView } from "../view/cluster.ts";
import { isDefaultPolicy } from "../mesh/default-policy.ts";
import type { DefaultPolicy } from "../mesh/default-policy.ts";
import type { PodView, PolicyView } from "../view/objects.ts";
import { namesByPort, portsNamed } from "./pod-ports.ts";
import { excessIssue, isText, mostEntries, readEach, readable, unreadable } from "./reading.ts";
import type { Reading } from "./reading.ts";
import { selectingOf } from "./selecting.ts";
import { everything, labelSelector, nothing, requirementsIn } from "./selector.ts";
import type { Selector } from "./selector.ts";

/** What the proxy makes of the bytes of a port. */
export type Protocol = "detect" | "opaque" | "tls" | "http1" | "http2" | "grpc";

export interface ServerRules {
  readonly selects: Selector;
  /** A number, or the name of a container's port; undefined: it cannot be read, and selects nothing. */
  readonly port: number | string | undefined;
  readonly protocol: Protocol;
  /** Holds beside what is authorized: `deny` adds nothing. */
  readonly accessPolicy: DefaultPolicy;
  /** Nobody is let in, whatever else says so. */
  readonly isClosed: boolean;
  readonly issues: readonly Issue[];
}

/** The Server that decides about a port of a pod: of several the one created first, then the first by name. */
export function serverOn(view: ClusterView, pod: PodView, port: number): PolicyView | undefined {
  const { deciding } = serversFor(view, pod);
  return [port, ...(namesByPort(pod.ports).get(port) ?? [])].flatMap((each) => deciding(each) ?? []).toSorted(byAge)[0];
}

/** Servers that select a pod: one object for all pods that the same ones select. */
export interface ServersOfPod {
  /** Who decides comes first. */
  readonly servers: () => readonly PolicyView[];
  /** By the number, or the name, of their port the one that decides. */
  readonly deciding: (port: number | string) => PolicyView | undefined;
}

export function serversFor(view: ClusterView, pod: PodView): ServersOfPod {
  const { known, find } = serversIn(view, pod.namespace);
  const before = known(pod);
  if (before !== undefined) return before;
  const found = find(pod);
  view.rest();
  return found;
}

/** There are so many before it that it is not looked at: it closes its port on all pods of its namespace. */
export const isOneTooMany = (view: ClusterView, server: PolicyView): boolean =>
  serversIn(view, server.namespace).isOver(server);

/** Each Server by number that decides for pods of one of these sets on which that port `isMeant`. */
export const decidingAmong = (
  view: ClusterView,
  namespace: string,
  sets: Iterable<ServersOfPod>,
  isMeant: (set: ServersOfPod, port: number) => boolean,
): Iterable<readonly [port: number, PolicyView]> => serversIn(view, namespace).among([...sets], isMeant);

/** Labels and expressions of different selectors that are asked of a pod for one of its labels. */
export const mostAsked = mostEntries;

function serversIn(view: ClusterView, namespace: string): ServersOfNamespace {
  const all = view.policies("Server", namespace);
  const known = knownServers.get(all);
  if (known !== undefined) return known;
  readEach(view, all, serverRules);
  const made = serversOf(all);
  knownServers.set(all, made);
  view.rest();
  return made;
}

const knownServers = new WeakMap<readonly PolicyView[], ServersOfNamespace>();

interface ServersOfNamespace {
  readonly known: (pod: PodView) => ServersOfPod | undefined;
  readonly find: (pod: PodView) => ServersOfPod;
  readonly isOver: (server: PolicyView) => boolean;
  readonly among: (
    sets: readonly ServersOfPod[],
    isMeant: (set: ServersOfPod, port: number) => boolean,
  ) => Iterable<readonly [port: number, PolicyView]>;
}

/**
 * Servers of the same selector are asked about a pod once. Each of thousands of pods may be selected by thousands of
 * Servers, and by others than its neighbour: what is kept of each such set is a bit for each selector.
 */
function serversOf(all: readonly PolicyView[]): ServersOfNamespace {
  const sorted = all.filter((server) => serverRules(server).port !== undefined).toSorted(byAge);
  const groups = [...Map.groupBy(sorted, (server) => serverRules(server).selects.requirements.join("\n")).values()];
  const numbers = new Map(groups.flatMap((group, number) => group.map((server) => [server, number])));
  const numberOf = ([server]: readonly PolicyView[]): number => (server && numbers.get(server)) ?? 0;
  const byPort = Map.groupBy(sorted, (server) => serverRules(server).port);
  const { taking, over } = selectingOf(groups, ([first]) => selectorOf(first), mostAsked);
  const isOver = new Set(over.flat());
  const ofAll = new Bits(groups.length);
  for (const group of over) ofAll.add(numberOf(group));
  const [ofPod, sets, bitsOf] = [
    new WeakMap<PodView, ServersOfPod>(),
    new Map<string, ServersOfPod>(),
    new WeakMap<ServersOfPod, Bits>(),
  ];
  const isIn = (bits: Bits | undefined, server: PolicyView): boolean => bits?.has(numbers.get(server) ?? 0) === true;
  const setOf = (bits: Bits): ServersOfPod => ({
    servers: () => sorted.filter((server) => isIn(bits, server)),
    deciding: (port) => byPort.get(port)?.find((server) => isIn(bits, server)),
  });
  return {
    isOver: (server) => isOver.has(server),
    known: (pod) => ofPod.get(pod),
    find: (pod) => {
      const bits = ofAll.copy();
      for (const group of taking(pod.labels)) bits.add(numberOf(group));
      const text = bits.text();
      const found = sets.get(text) ?? setOf(bits);
      sets.set(text, found);
      bitsOf.set(found, bits);
      ofPod.set(pod, found);
      return found;
    },
    among: function* (sets, isMeant) {
      const isOf =
        (server: PolicyView) =>
        (set: ServersOfPod): boolean =>
          isIn(bitsOf.get(set), server);
      for (const [port, servers] of byPort) {
        if (typeof port !== "number") continue;
        let left = sets;
        for (const server of servers) {
          const isIts = isOf(server);
          if (left.some((set) => isIts(set) && isMeant(set, port))) yield [port, server];
          // Who comes next decides for others: mostly there are none.
          if (server !== servers.at(-1)) left = left.filter((set) => !isIts(set));
        }
      }
    },
  };
}

const selectorOf = (server: PolicyView | undefined): Selector =>
  server === undefined ? nothing : serverRules(server).selects;

/** Some of the numbers from 0 on. */
class Bits {
  readonly #words: Uint16Array;

  constructor(size: number, words = new Uint16Array(Math.ceil(size / 16))) {
    this.#words = words;
  }

  copy(): Bits {
    return new Bits(0, this.#words.slice());
  }

  add(number: number): void {
    this.#words[number >> 4] = (this.#words[number >> 4] ?? 0) | (1 << (number & 15));
  }

  has(number: number): boolean {
    return ((this.#words[number >> 4] ?? 0) & (1 << (number & 15))) !== 0;
  }

  /** Another one for other numbers. */
  text(): string {
    return String.fromCharCode(...this.#words);
  }
}

/** As Gateway API decides between objects that contradict each other. */
const byAge = (a: PolicyView, b: PolicyView): number => a.created - b.created || (a.name < b.name ? -1 : 1);

/** Each port of a pod with each Server that selects it; who decides comes first. */
export function* selectingServers(view: ClusterView, pod: PodView): Generator<readonly [number, PolicyView]> {
  for (const server of serversFor(view, pod).servers()) {
    const { port } = serverRules(server);
    if (port === undefined) continue;
    for (const each of typeof port === "number" ? [port] : portsNamed(pod, port)) yield [each, server];
  }
}

export const serverRules = perObject(({ spec }: PolicyView): ServerRules => {
  // A Server for workloads outside the cluster has the other selector: no pod is meant.
  const isOfPods = !isObject(spec["externalWorkloadSelector"]) || spec["podSelector"] !== undefined;
  const asked = spec["podSelector"];
  const over = excessIssue(requirementsIn(asked), mostEntries, "spec.podSelector", "labels and expressions");
  const selects = !isOfPods || over !== undefined ? readable(nothing) : labelSelector(asked, "spec.podSelector");
  const port = portOf(spec["port"]);
  const protocol = rowOf(protocols, spec["proxyProtocol"] ?? "unknown", "detect", "spec.proxyProtocol");
  const access = accessOf(spec["accessPolicy"] ?? "deny");
  const problems = over === undefined ? selects.issues : [over];
  // Pods that it was meant to select must not be open for that it is not read: it closes the port of all of them.
  const isClosed = problems.length > 0;
  return {
    selects: isClosed ? everything : selects.value,
    port: port.value,
    protocol: protocol.value,
    accessPolicy: isClosed ? "deny" : access.value,
    isClosed,
    issues: [...problems, ...[port, protocol, access].flatMap(({ issues }) => issues)],
  };
});

const protocols: ReadonlyMap<string, Protocol> = new Map([
  ["unknown", "detect"],
  ["opaque", "opaque"],
  ["TLS", "tls"],
  ["HTTP/1", "http1"],
  ["HTTP/2", "http2"],
  ["gRPC", "grpc"],
]);

function portOf(value: Json | undefined): Reading<number | string | undefined> {
  const isName = isText(value) && value !== "";
  const isNumber = typeof value === "number" && isPort(value);
  return isName || isNumber
    ? readable(value)
    : unreadable(undefined, "spec.port", "must be a number, 1 to 65535, or the name of a container's port");
}

const accessOf = (value: Json): Reading<DefaultPolicy> =>
  isText(value) && isDefaultPolicy(value)
    ? readable(value)
    : unreadable("deny", "spec.accessPolicy", "must be a default policy, such as deny");

function rowOf<Row>(rows: ReadonlyMap<string, Row>, value: Json, otherwise: Row, at: string): Reading<Row> {
  const row = isText(value) ? rows.get(value) : undefined;
  return row === undefined ? unreadable(otherwise, at, `must be one of ${[...rows.keys()].join(", ")}`) : readable(row);
}
