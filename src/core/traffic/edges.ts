/**
 * Who connects to whom, and whether mutual TLS secures it: pages of proxies and pods → edges.
 *
 * An edge is made of the outbound side's samples. Callers that have no proxy, or whose proxy was not read, are known from
 * the inbound side: that they were there, and by which identity if they had one, but never from which address.
 */
import { endKey, endsOf, notMeshed, outside, shortIdentity } from "./ends.ts";
import type { Ends, Grouping } from "./ends.ts";
import { increases, isCall, isOwn } from "./increase.ts";
import type { Reading } from "./increase.ts";
import { samplesOf } from "./page.ts";
import type { Sample, SampleLabels } from "./page.ts";
import type { End, TrafficPod } from "./pods.ts";
import { reasonOf } from "./reasons.ts";
import type { Reason } from "./reasons.ts";

export interface Traffic {
  readonly pods: readonly TrafficPod[];
  readonly readings: readonly Reading[];
}

export interface Edge {
  readonly src: End;
  readonly dst: End;
  /** First two labels of the names; empty: none. */
  readonly clientId: string;
  readonly serverId: string;
  /** Connections, and all of them. */
  readonly secured: number;
  readonly total: number;
  /** Those that are open now. */
  readonly open: number;
  readonly ports: readonly number[];
  /** Why the others are not secured: most connections first. */
  readonly reasons: readonly CountedReason[];
  /** Policy let none of them in. */
  readonly refused: boolean;
}

interface CountedReason extends Reason {
  readonly connections: number;
}

/** TLS was tried and never came about. */
export interface FailedTls {
  readonly src: End;
  readonly dst: End;
  readonly serverId: string;
}

export interface Edges {
  /** In the order of SRC_NS, DST_NS, SRC, DST. What a pod says to itself is none. */
  readonly edges: readonly Edge[];
  readonly failed: readonly FailedTls[];
  /** Meshed pods without an edge of their own, of which a container runs as the proxy's user. */
  readonly pastProxy: readonly TrafficPod[];
}

export function edgesOf({ pods, readings }: Traffic, grouping: Grouping = "workload"): Edges {
  const ends = endsOf(pods, grouping);
  const edges = new Map<string, Counted>();
  const failed = new Map<string, FailedTls>();
  const accounts = new Set(readings.map(({ pod }) => accountOf(pod)));
  const pastProxy: TrafficPod[] = [];
  for (const reading of readings) {
    const outbound = countOutbound(reading, ends, edges, failed);
    if (!outbound && reading.pod.pastProxy.length > 0) pastProxy.push(reading.pod);
    countIdentities(reading, ends, edges, accounts);
    countPlaintext(reading, ends, edges);
    countRefused(reading, ends, edges);
  }
  return {
    edges: [...edges.values()].map((each) => each.edge()).toSorted(byPlace),
    failed: [...failed.values()],
    pastProxy,
  };
}

export const edgeKey = (src: End, dst: End): string => `${endKey(src)} ${endKey(dst)}`;

/** Whether there is any: what a pod says to itself is none. */
function countOutbound(
  reading: Reading,
  ends: Ends,
  edges: Map<string, Counted>,
  failed: Map<string, FailedTls>,
): boolean {
  const src = ends.ofPod(reading.pod);
  let any = false;
  for (const { sample, connections, open } of connectionsIn(reading)) {
    const { labels, value } = sample;
    if (labels["direction"] !== "outbound" || labels["peer"] !== "dst" || labels["no_tls_reason"] === "loopback")
      continue;
    const dst = ends.ofTarget(labels);
    const serverId = shortIdentity(labels["server_id"] ?? "");
    if (value === 0 && labels["tls"] === "true") failed.set(`${edgeKey(src, dst)} ${serverId}`, { src, dst, serverId });
    if (connections === 0) continue;
    any = true;
    const counted = countedIn(edges, src, dst);
    counted.add(labels, connections, open);
    counted.clients.add(accountOf(reading.pod));
    if (serverId !== "") counted.servers.add(serverId);
  }
  return any;
}

/** Callers whose proxies were not read. */
function countIdentities(reading: Reading, ends: Ends, edges: Map<string, Counted>, read: ReadonlySet<string>): void {
  for (const { sample, connections, open } of connectionsIn(reading)) {
    if (connections === 0 || !isCall(sample, reading.pod)) continue;
    const { client_id: identity = "" } = sample.labels;
    if (identity === "" || read.has(shortIdentity(identity))) continue;
    const counted = countedIn(edges, ends.ofIdentity(identity), ends.ofPod(reading.pod));
    counted.add(sample.labels, connections, open);
    counted.clients.add(shortIdentity(identity));
    counted.servers.add(accountOf(reading.pod));
  }
}

/**
 * That somebody spoke without TLS of the mesh is seen at what was let in, at which port and why; probes are none of it.
 * How often is counted at the connections of such a port, the probes' among them: never too few.
 */
function countPlaintext(reading: Reading, ends: Ends, edges: Map<string, Counted>): void {
  const seen = new Map<string, SampleLabels>();
  for (const family of ["request_total", "inbound_tcp_authz_allow_total"] as const)
    for (const [sample, increase] of increases(reading, family)) {
      const isInbound = family !== "request_total" || sample.labels["direction"] === "inbound";
      if (!isInbound || increase === 0 || sample.labels["tls"] === "true" || isOwn(sample, reading.pod)) continue;
      seen.set(plaintextKey(sample.labels), sample.labels);
    }
  const counted = new Set<string>();
  const dst = ends.ofPod(reading.pod);
  for (const { sample, connections, open } of connectionsIn(reading)) {
    if (connections === 0 || !isCall(sample, reading.pod)) continue;
    const { labels } = sample;
    const isWithoutClient = labels["tls"] === "true" && (labels["client_id"] ?? "") === "";
    const key = plaintextKey(labels);
    if (!isWithoutClient && !seen.has(key)) continue;
    counted.add(key);
    countedIn(edges, notMeshed, dst).add(labels, connections, open);
  }
  // Its connections were forgotten, or opened before the window.
  for (const [key, labels] of seen) if (!counted.has(key)) countedIn(edges, notMeshed, dst).add(labels, 1, 0);
}

const plaintextKey = ({ target_port: port, tls, no_tls_reason: why, sni }: SampleLabels): string =>
  JSON.stringify([port, tls, why, sni]);

function countRefused(reading: Reading, ends: Ends, edges: Map<string, Counted>): void {
  for (const family of ["inbound_http_authz_deny_total", "inbound_tcp_authz_deny_total"] as const)
    for (const [sample, increase] of increases(reading, family)) {
      if (increase === 0 || sample.labels["tls"] === "true" || isOwn(sample, reading.pod)) continue;
      countedIn(edges, notMeshed, ends.ofPod(reading.pod), true).add(sample.labels, increase, 0);
    }
}

/** Each series of connections: those since the page before, else those that are open now. */
function* connectionsIn(reading: Reading): Generator<{ sample: Sample; connections: number; open: number }> {
  const openNow = new Map(samplesOf(reading.page, "tcp_open_connections").map(({ series, value }) => [series, value]));
  for (const [sample, increase] of increases(reading, "tcp_open_total")) {
    const open = openNow.get(sample.series) ?? 0;
    yield { sample, connections: increase > 0 ? increase : open, open };
  }
}

const accountOf = ({ serviceAccount, namespace }: TrafficPod): string => `${serviceAccount}.${namespace}`;

function countedIn(edges: Map<string, Counted>, src: End, dst: End, refused = false): Counted {
  const key = `${edgeKey(src, dst)} ${refused}`;
  const counted = edges.get(key) ?? new Counted(src, dst, refused);
  edges.set(key, counted);
  return counted;
}

class Counted {
  readonly clients = new Set<string>();
  readonly servers = new Set<string>();
  private readonly src: End;
  private readonly dst: End;
  private readonly refused: boolean;
  private readonly ports = new Set<number>();
  private readonly reasons = new Map<string, CountedReason>();
  private secured = 0;
  private total = 0;
  private open = 0;

  constructor(src: End, dst: End, refused: boolean) {
    this.src = src;
    this.dst = dst;
    this.refused = refused;
  }

  add(labels: SampleLabels, connections: number, open: number): void {
    this.total += connections;
    this.open += open;
    const port = Number(labels["target_port"]);
    if (Number.isInteger(port)) this.ports.add(port);
    const reason = reasonOf(labels);
    if (reason === undefined) this.secured += connections;
    else {
      const before = this.reasons.get(reason.text)?.connections ?? 0;
      this.reasons.set(reason.text, { ...reason, connections: before + connections });
    }
  }

  edge(): Edge {
    const { src, dst, refused, secured, total, open } = this;
    const joined = (names: ReadonlySet<string>): string => [...names].toSorted().join(", ");
    return {
      src,
      dst,
      refused,
      secured,
      total,
      open,
      clientId: joined(this.clients),
      serverId: joined(this.servers),
      ports: [...this.ports].toSorted((a, b) => a - b),
      reasons: [...this.reasons.values()].toSorted((a, b) => b.connections - a.connections || compared(a.text, b.text)),
    };
  }
}

const byPlace = (a: Edge, b: Edge): number =>
  compared(a.src.namespace, b.src.namespace) ||
  compared(a.dst.namespace, b.dst.namespace) ||
  compared(a.src.name, b.src.name) ||
  compared(a.dst.name, b.dst.name) ||
  compared(a.src.kind + a.dst.kind, b.src.kind + b.dst.kind) ||
  Number(a.refused) - Number(b.refused);

const compared = (a: string, b: string): number => {
  if (a === b) return 0;
  return a < b ? -1 : 1;
};

export const isOutside = ({ dst }: Edge): boolean => dst.namespace === outside;
