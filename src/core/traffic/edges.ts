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
  /** What pods say to themselves: it does not leave them, and nothing secures it. */
  readonly inside: readonly Edge[];
  readonly failed: readonly FailedTls[];
  /** Pods that tell of more peers than are told apart: of those that come later on their pages nothing is here. */
  readonly crowded: readonly TrafficPod[];
  /** Meshed pods without an edge of their own, of which a container runs as the proxy's user. */
  readonly pastProxy: readonly TrafficPod[];
}

export function edgesOf({ pods, readings }: Traffic, grouping: Grouping = "workload"): Edges {
  const ends = endsOf(pods, grouping);
  const all: Found = { edges: new Map(), inside: new Map(), failed: new Map() };
  const accounts = new Set(readings.map(({ pod }) => accountOf(pod)));
  const [pastProxy, crowded]: [TrafficPod[], TrafficPod[]] = [[], []];
  for (const reading of readings) {
    const found = new OfPod(ends.ofPod(reading.pod), all);
    countOutbound(reading, ends, found);
    countIdentities(reading, ends, found, accounts);
    countPlaintext(reading, found);
    countRefused(reading, found);
    if (found.isCrowded) crowded.push(reading.pod);
    if (!found.dialled && reading.pod.pastProxy.length > 0) pastProxy.push(reading.pod);
  }
  const sorted = (counted: ReadonlyMap<string, Counted>): readonly Edge[] =>
    [...counted.values()].map((each) => each.edge()).toSorted(byPlace);
  return { edges: sorted(all.edges), inside: sorted(all.inside), failed: [...all.failed.values()], pastProxy, crowded };
}

const failedKey = ({ src, dst, serverId }: FailedTls): string => `${edgeKey(src, dst)} ${serverId}`;

interface Found {
  readonly edges: Map<string, Counted>;
  readonly inside: Map<string, Counted>;
  readonly failed: Map<string, FailedTls>;
}

/** Of one pod: a page may say anything, and a table of a million rows is of no use to anybody. */
export const mostPeers = 1000;

/** What a pod's page tells of, with a bound on the peers that it may name. */
class OfPod {
  readonly own: End;
  /** It has called somebody else. */
  dialled = false;
  isCrowded = false;
  private readonly all: Found;
  private readonly named = new Set<string>();

  constructor(own: End, all: Found) {
    this.own = own;
    this.all = all;
  }

  add(src: End, dst: End, refused = false): Counted | undefined {
    return this.isNamed(edgeKey(src, dst)) ? countedIn(this.all.edges, src, dst, refused) : undefined;
  }

  addInside(): Counted {
    return countedIn(this.all.inside, this.own, this.own, false);
  }

  addFailed(dst: End, serverId: string): void {
    const failed = { src: this.own, dst, serverId };
    if (this.isNamed(failedKey(failed))) this.all.failed.set(failedKey(failed), failed);
  }

  private isNamed(key: string): boolean {
    if (this.named.size < mostPeers) this.named.add(key);
    const isNamed = this.named.has(key);
    this.isCrowded ||= !isNamed;
    return isNamed;
  }
}

export const edgeKey = (src: End, dst: End): string => `${endKey(src)} ${endKey(dst)}`;

function countOutbound(reading: Reading, ends: Ends, found: OfPod): void {
  for (const { sample, connections, open } of connectionsIn(reading)) {
    const { labels, value } = sample;
    if (labels["direction"] !== "outbound" || labels["peer"] !== "dst") continue;
    if (labels["no_tls_reason"] === "loopback") {
      if (connections > 0) found.addInside().add(labels, connections, open);
      continue;
    }
    const dst = ends.ofTarget(labels);
    const serverId = shortIdentity(labels["server_id"] ?? "");
    if (value === 0 && labels["tls"] === "true") found.addFailed(dst, serverId);
    if (connections === 0) continue;
    found.dialled = true;
    const counted = found.add(found.own, dst);
    counted?.add(labels, connections, open);
    counted?.clients.add(accountOf(reading.pod));
    if (serverId !== "") counted?.servers.add(serverId);
  }
}

/** Callers whose proxies were not read. */
function countIdentities(reading: Reading, ends: Ends, found: OfPod, read: ReadonlySet<string>): void {
  for (const { sample, connections, open } of connectionsIn(reading)) {
    if (connections === 0 || !isCall(sample, reading.pod)) continue;
    const { client_id: identity = "" } = sample.labels;
    if (identity === "" || read.has(shortIdentity(identity))) continue;
    const counted = found.add(ends.ofIdentity(identity), found.own);
    counted?.add(sample.labels, connections, open);
    counted?.clients.add(shortIdentity(identity));
    counted?.servers.add(accountOf(reading.pod));
  }
}

/**
 * That somebody spoke without TLS of the mesh is seen at what was let in, at which port and why; probes are none of it.
 * How often is counted at the connections of such a port, the probes' among them: never too few.
 */
function countPlaintext(reading: Reading, found: OfPod): void {
  const seen = new Map<string, SampleLabels>();
  for (const family of ["request_total", "inbound_tcp_authz_allow_total"] as const)
    for (const [sample, increase] of increases(reading, family)) {
      const isInbound = family !== "request_total" || sample.labels["direction"] === "inbound";
      if (!isInbound || increase === 0 || sample.labels["tls"] === "true" || isOwn(sample, reading.pod)) continue;
      seen.set(plaintextKey(sample.labels), sample.labels);
    }
  const counted = new Set<string>();
  for (const { sample, connections, open } of connectionsIn(reading)) {
    if (connections === 0 || !isCall(sample, reading.pod)) continue;
    const { labels } = sample;
    const isWithoutClient = labels["tls"] === "true" && (labels["client_id"] ?? "") === "";
    const key = plaintextKey(labels);
    if (!isWithoutClient && !seen.has(key)) continue;
    counted.add(key);
    found.add(notMeshed, found.own)?.add(labels, connections, open);
  }
  // Its connections were forgotten, or opened before the window.
  for (const [key, labels] of seen) if (!counted.has(key)) found.add(notMeshed, found.own)?.add(labels, 1, 0);
}

const plaintextKey = ({ target_port: port, tls, no_tls_reason: why, sni }: SampleLabels): string =>
  JSON.stringify([port, tls, why, sni]);

function countRefused(reading: Reading, found: OfPod): void {
  for (const family of ["inbound_http_authz_deny_total", "inbound_tcp_authz_deny_total"] as const)
    for (const [sample, increase] of increases(reading, family)) {
      if (increase === 0 || sample.labels["tls"] === "true" || isOwn(sample, reading.pod)) continue;
      found.add(notMeshed, found.own, true)?.add(sample.labels, increase, 0);
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

function countedIn(edges: Map<string, Counted>, src: End, dst: End, refused: boolean): Counted {
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
