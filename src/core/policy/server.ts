/** Linkerd's Server (policy.linkerd.io, v1beta1 to v1beta3): a port of pods, in place of the default policy. */
import { isObject } from "../base/json/json.ts";
import type { Json } from "../base/json/json.ts";
import type { Issue } from "../base/text/issue.ts";
import { perObject } from "../base/json/memo.ts";
import { isPort } from "../base/scalars/ports.ts";
import type { ClusterView } from "../view/cluster.ts";
import { isDefaultPolicy } from "../mesh/default-policy.ts";
import type { DefaultPolicy } from "../mesh/default-policy.ts";
import type { PodView, PolicyView } from "../view/objects.ts";
import { namesByPort, portsNamed } from "./pod-ports.ts";
import { excessIssue, isText, mostEntries, readable, unreadable } from "./reading.ts";
import type { Reading } from "./reading.ts";
import { everything, labelSelector, nothing } from "./selector.ts";
import type { Selector } from "./selector.ts";

/** What the proxy makes of the bytes of a port (contract 4.2). */
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
  const servers = byPort(view.policies("Server", pod.namespace));
  if (servers.size === 0) return undefined;
  const names = [...(namesByPort(pod.ports).get(port) ?? [])];
  const candidates = [port, ...names].flatMap((each) => servers.get(each) ?? []);
  return candidates
    .filter((server) => serverRules(server).selects.takes(pod.labels))
    .reduce(
      (first: PolicyView | undefined, each) => (first === undefined || byAge(each, first) < 0 ? each : first),
      undefined,
    );
}

/** As Gateway API decides between objects that contradict each other. */
const byAge = (a: PolicyView, b: PolicyView): number => a.created - b.created || (a.name < b.name ? -1 : 1);

/** Servers by the number, or the name, of their port; those that cannot be read under none. */
const byPort = perObject((servers: readonly PolicyView[]) =>
  Map.groupBy(servers, (server) => serverRules(server).port),
);

/** For each port of a pod the Server that decides about it. */
export function serversOf(view: ClusterView, pod: PodView): ReadonlyMap<number, PolicyView> {
  const deciding = new Map<number, PolicyView>();
  for (const [port, server] of selectingServers(view, pod)) if (!deciding.has(port)) deciding.set(port, server);
  return deciding;
}

/** Each port of a pod with each Server that selects it; who decides comes first. */
export function* selectingServers(view: ClusterView, pod: PodView): Generator<readonly [number, PolicyView]> {
  for (const server of oldestFirst(view.policies("Server", pod.namespace))) {
    const { port, selects } = serverRules(server);
    if (port === undefined || !selects.takes(pod.labels)) continue;
    for (const each of typeof port === "number" ? [port] : portsNamed(pod, port)) yield [each, server];
  }
}

const oldestFirst = perObject((servers: readonly PolicyView[]) => servers.toSorted(byAge));

export const serverRules = perObject(({ spec }: PolicyView): ServerRules => {
  // A Server for workloads outside the cluster has the other selector: no pod is meant.
  const isOfPods = !isObject(spec["externalWorkloadSelector"]) || spec["podSelector"] !== undefined;
  const selects = isOfPods ? labelSelector(spec["podSelector"], "spec.podSelector") : readable(nothing);
  const port = portOf(spec["port"]);
  const protocol = rowOf(protocols, spec["proxyProtocol"] ?? "unknown", "detect", "spec.proxyProtocol");
  const access = accessOf(spec["accessPolicy"] ?? "deny");
  // Pods that it might have selected must not be open for that it is not read: it closes the port of all of them.
  const over = excessIssue(
    selects.value.requirements.length,
    mostEntries,
    "spec.podSelector",
    "labels and expressions",
  );
  return {
    selects: over === undefined ? selects.value : everything,
    port: port.value,
    protocol: protocol.value,
    accessPolicy: over === undefined ? access.value : "deny",
    isClosed: over !== undefined,
    issues: [
      ...(over === undefined ? selects.issues : [over]),
      ...[port, protocol, access].flatMap(({ issues }) => issues),
    ],
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
