/** The map of a mesh's traffic: who calls whom, how much, and whether mutual TLS secures it. As the dashboard is sent it. */

import { edgeKey, edgesOf } from "./edges.ts";
import type { Edge, Traffic } from "./edges.ts";
import { endKey, endsOf } from "./ends.ts";
import { openCalls, secondsOf } from "./increase.ts";
import type { End } from "./pods.ts";
import { RateSums } from "./rates.ts";
import type { Rates } from "./rates.ts";
import { hintOf } from "./reasons.ts";
import { addReading, statOf } from "./stat.ts";

/** Numbers that are not known are `null`; rates are, in the first round. */
export interface MapState {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Between the two readings that rates are of; null: there was one. */
  readonly seconds: number | null;
  readonly pods: MapPods;
  readonly workloads: readonly MapWorkload[];
  readonly edges: readonly MapEdge[];
}

interface MapPods {
  readonly read: number;
  readonly meshed: number;
  readonly running: number;
  readonly failed: readonly { readonly namespace: string; readonly name: string; readonly why: string }[];
}

export interface MapWorkload extends Rates {
  /** `shop/deployment/backend`; of callers that are not meshed `-//(not meshed)`. */
  readonly id: string;
  readonly namespace: string;
  /** In small letters; empty: no workload, such as `(not meshed)` or an address outside. */
  readonly kind: string;
  readonly name: string;
  /** Running. */
  readonly pods: number;
  readonly meshed: number;
  /** Connections that are open at its proxies; null: none of them was read. */
  readonly open: number | null;
}

export interface MapEdge extends Rates {
  /** Ids of workloads. */
  readonly from: string;
  readonly to: string;
  /** Connections, and all of them. */
  readonly secured: number;
  readonly total: number;
  /** The label's own word, such as `no_tls_from_remote`; empty: all are secured. */
  readonly reason: string;
  /** Of all labels that there are, most connections first: the text, and what it means; empty: nobody knows that. */
  readonly reasons: readonly { readonly text: string; readonly hint: string }[];
  readonly client_id: string;
  readonly server_id: string;
  readonly ports: readonly number[];
  /** `tcp`: no request was seen. */
  readonly protocol: "http" | "tcp";
  readonly open: number;
  /** Bytes a second, as the caller sees them. */
  readonly read: number | null;
  readonly write: number | null;
}

/** What a round has found. `failed`: meshed pods that could not be read. */
export interface MapRound extends Traffic {
  readonly at: number;
  readonly failed: MapPods["failed"];
}

/**
 * Edges of all connections that the proxies remember, ten minutes after the last of them: the map does not flicker, and says
 * what `weft edges` says. Rates of those in between two pages.
 */
export function mapState(round: MapRound): MapState {
  const { at, pods, readings, failed } = round;
  const found = edgesOf({ pods, readings: readings.map(({ pod, page }) => ({ pod, page })) });
  const between = found.edges.filter(({ refused }) => !refused);
  const called = new Set(between.map(({ src, dst }) => edgeKey(src, dst)));
  // Pods of a workload that call each other are an arrow already.
  const edges = [...between, ...found.inside.filter(({ src, dst }) => !called.has(edgeKey(src, dst)))];
  const running = pods.filter((pod) => pod.running);
  const seconds = readings.map(secondsOf).filter((each) => each !== undefined);
  const workloads = workloadsOf(round);
  const known = new Set(workloads.map(({ id }) => id));
  const strangers = new Map(
    edges
      .flatMap(({ src, dst }) => [src, dst])
      .map((end) => [endKey(end), end] as const)
      .filter(([id]) => !known.has(id)),
  );
  const sums = outboundSums(round, called);
  return {
    at,
    seconds: seconds.length === 0 ? null : Math.max(...seconds),
    pods: {
      read: readings.length,
      meshed: running.filter(({ meshed }) => meshed).length,
      running: running.length,
      failed,
    },
    workloads: [...workloads, ...[...strangers.values()].map(stranger)],
    edges: edges.map((edge) => mapEdge(edge, sums.get(edgeKey(edge.src, edge.dst)))),
  };
}

function workloadsOf(round: MapRound): readonly MapWorkload[] {
  const ends = endsOf(round.pods, "workload");
  const open = new Map<string, number>();
  for (const reading of round.readings) {
    const id = endKey(ends.ofPod(reading.pod));
    open.set(id, (open.get(id) ?? 0) + openCalls(reading));
  }
  const timed = new Set(
    round.readings.filter((each) => secondsOf(each) !== undefined).map(({ pod }) => endKey(ends.ofPod(pod))),
  );
  return statOf(round, { kind: "inbound" }).rows.map(({ end, running, meshed, sums }) => ({
    id: endKey(end),
    ...end,
    pods: running,
    meshed,
    ...(timed.has(endKey(end)) ? sums.rates() : noRates),
    open: open.get(endKey(end)) ?? null,
  }));
}

const noRates: Rates = { rps: null, success: null, p50: null, p95: null, p99: null };

const stranger = (end: End): MapWorkload => ({ id: endKey(end), ...end, pods: 0, meshed: 0, ...noRates, open: null });

/** Of callers that were read twice; of these edges alone. */
function outboundSums({ pods, readings }: MapRound, called: ReadonlySet<string>): ReadonlyMap<string, RateSums> {
  const ends = endsOf(pods, "workload");
  const sums = new Map<string, RateSums>();
  for (const reading of readings) {
    const seconds = secondsOf(reading);
    if (seconds === undefined) continue;
    const src = ends.ofPod(reading.pod);
    addReading(reading, seconds, "outbound", ({ labels }) => {
      if (labels["no_tls_reason"] === "loopback") return undefined;
      const key = edgeKey(src, ends.ofTarget(labels));
      if (!called.has(key)) return undefined;
      const found = sums.get(key) ?? new RateSums();
      sums.set(key, found);
      return found;
    });
  }
  return sums;
}

/** Reasons, and ports, of an edge that the page is told. */
const mostListed = 50;

function mapEdge(edge: Edge, sums: RateSums | undefined): MapEdge {
  const { src, dst, secured, total, reasons, clientId, serverId, ports, open } = edge;
  return {
    from: endKey(src),
    to: endKey(dst),
    secured,
    total,
    reason: reasons[0]?.label ?? "",
    reasons: reasons.slice(0, mostListed).map(({ label, text }) => ({ text, hint: hintOf(label) ?? "" })),
    client_id: clientId,
    server_id: serverId,
    ports: ports.slice(0, mostListed),
    protocol: (sums?.responses ?? 0) > 0 ? "http" : "tcp",
    ...(sums === undefined ? noRates : sums.rates()),
    open,
    read: sums?.read ?? null,
    write: sums?.write ?? null,
  };
}
