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
import { excessIssue, isText, mostEntries, readable, unreadable } from "./reading.ts";
import type { Reading } from "./reading.ts";
import { selectingOf } from "./selecting.ts";
import { everything, labelSelector, nothing } from "./selector.ts";
import type { Selector } from "./selector.ts";

/** What the proxy makes of the bytes of a port. */
export type Protocol = "detect" | "opaque" | "tls" | "http1" | "http2";

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
  if (deciding.size === 0) return undefined;
  return oldest([port, ...(namesByPort(pod.ports).get(port) ?? [])].map((each) => deciding.get(each)));
}

/** Servers that select a pod: one object for all pods that the same ones select. */
export interface ServersOfPod {
  /** Who decides comes first. */
  readonly servers: readonly PolicyView[];
  /** By the number, or the name, of their port the one that decides. */
  readonly deciding: ReadonlyMap<number | string, PolicyView>;
}

export const serversFor = (view: ClusterView, pod: PodView): ServersOfPod =>
  serversIn(view.policies("Server", pod.namespace)).of(pod);

/** There are so many before it that it is not looked at: it closes its port on all pods of its namespace. */
export const isOneTooMany = (view: ClusterView, server: PolicyView): boolean =>
  serversIn(view.policies("Server", server.namespace)).over.has(server);

/** Labels and expressions of different selectors that are asked of a pod for one of its labels. */
export const mostAsked = mostEntries;

/** Servers of one namespace: those of the same selector are asked about a pod once. */
const serversIn = perObject((all: readonly PolicyView[]) => {
  const sorted = all.filter((server) => serverRules(server).port !== undefined).toSorted(byAge);
  const groups = [...Map.groupBy(sorted, (server) => serverRules(server).selects.requirements.join("\n")).values()];
  const { taking, over } = selectingOf(groups, ([first]) => selectorOf(first), mostAsked);
  const numbers = new Map(groups.map((group, index) => [group, index]));
  const known = new Map<string, ServersOfPod>();
  return {
    over: new Set(over.flat()),
    of: perObject(({ labels }: PodView): ServersOfPod => {
      const selecting = taking(labels);
      const key = selecting.map((group) => numbers.get(group)).join();
      const found = known.get(key) ?? selectedBy([...selecting, ...over]);
      known.set(key, found);
      return found;
    }),
  };
});

const selectorOf = (server: PolicyView | undefined): Selector =>
  server === undefined ? nothing : serverRules(server).selects;

const selectedBy = (groups: readonly (readonly PolicyView[])[]): ServersOfPod => ({
  servers: groups.flat().toSorted(byAge),
  deciding: decidingIn(groups),
});

function decidingIn(groups: readonly (readonly PolicyView[])[]): ReadonlyMap<number | string, PolicyView> {
  const deciding = new Map<number | string, PolicyView>();
  for (const server of groups.flat()) {
    const { port } = serverRules(server);
    const known = port === undefined ? server : deciding.get(port);
    if (port !== undefined && (known === undefined || byAge(server, known) < 0)) deciding.set(port, server);
  }
  return deciding;
}

const oldest = (servers: readonly (PolicyView | undefined)[]): PolicyView | undefined =>
  servers.reduce(
    (first, each) => (first === undefined || (each !== undefined && byAge(each, first) < 0) ? each : first),
    undefined,
  );

/** As Gateway API decides between objects that contradict each other. */
const byAge = (a: PolicyView, b: PolicyView): number => a.created - b.created || (a.name < b.name ? -1 : 1);

/** Each port of a pod with each Server that selects it; who decides comes first. */
export function* selectingServers(view: ClusterView, pod: PodView): Generator<readonly [number, PolicyView]> {
  for (const server of serversFor(view, pod).servers) {
    const { port } = serverRules(server);
    if (port === undefined) continue;
    for (const each of typeof port === "number" ? [port] : portsNamed(pod, port)) yield [each, server];
  }
}

export const serverRules = perObject(({ spec }: PolicyView): ServerRules => {
  // A Server for workloads outside the cluster has the other selector: no pod is meant.
  const isOfPods = !isObject(spec["externalWorkloadSelector"]) || spec["podSelector"] !== undefined;
  const selects = isOfPods ? labelSelector(spec["podSelector"], "spec.podSelector") : readable(nothing);
  const port = portOf(spec["port"]);
  const protocol = rowOf(protocols, spec["proxyProtocol"] ?? "unknown", "detect", "spec.proxyProtocol");
  const access = accessOf(spec["accessPolicy"] ?? "deny");
  const over = excessIssue(
    selects.value.requirements.length,
    mostEntries,
    "spec.podSelector",
    "labels and expressions",
  );
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
  // Without routes of its own gRPC is HTTP/2.
  ["gRPC", "http2"],
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
