/** Rates of workloads: the difference of two pages of each proxy, summed. */
import { endKey, endsOf } from "./ends.ts";
import type { Grouping } from "./ends.ts";
import type { Traffic } from "./edges.ts";
import { elapsedOf, increases, isOwn } from "./increase.ts";
import type { Reading } from "./increase.ts";
import { samplesOf } from "./page.ts";
import type { Sample } from "./page.ts";
import type { End, TrafficPod } from "./pods.ts";
import { RateSums } from "./rates.ts";

/** Of which side: what comes in at the pods themselves, or what pods send to somebody. */
export type StatSide =
  | { readonly kind: "inbound" }
  /** Rows are of callers: what they send to these. */
  | { readonly kind: "to"; readonly isTarget: (end: End) => boolean }
  /** Rows are of who is called: what these send to them. */
  | { readonly kind: "from"; readonly isCaller: (pod: TrafficPod) => boolean };

export interface StatRow {
  readonly end: End;
  /** Of a single pod, such as `Running`. */
  readonly phase: string;
  readonly running: number;
  readonly meshed: number;
  readonly sums: RateSums;
}

export interface Stat {
  /** In the order of namespace and name. */
  readonly rows: readonly StatRow[];
  /** Nothing can be counted between their two pages. */
  readonly leftOut: readonly { readonly pod: TrafficPod; readonly why: string }[];
}

export function statOf({ pods, readings }: Traffic, side: StatSide, grouping: Grouping = "workload"): Stat {
  const ends = endsOf(pods, grouping);
  const rows = new Map<string, { end: End; pods: TrafficPod[]; sums: RateSums }>();
  for (const pod of pods.filter(({ running }) => running)) {
    const end = ends.ofPod(pod);
    const row = rows.get(endKey(end)) ?? { end, pods: [], sums: new RateSums() };
    row.pods.push(pod);
    rows.set(endKey(end), row);
  }
  const leftOut: { pod: TrafficPod; why: string }[] = [];
  for (const reading of readings) {
    const elapsed = elapsedOf(reading);
    if ("why" in elapsed) {
      leftOut.push({ pod: reading.pod, why: elapsed.why });
      continue;
    }
    const { seconds } = elapsed;
    if (side.kind === "from" && !side.isCaller(reading.pod)) continue;
    addReading(reading, seconds, side.kind === "inbound" ? "inbound" : "outbound", (sample) => {
      const own = ends.ofPod(reading.pod);
      if (side.kind === "inbound") return rows.get(endKey(own))?.sums;
      const target = ends.ofTarget(sample.labels);
      if (side.kind === "from") return rows.get(endKey(target))?.sums;
      return side.isTarget(target) ? rows.get(endKey(own))?.sums : undefined;
    });
  }
  return {
    leftOut,
    rows: [...rows.values()]
      .map(({ end, sums, pods: own }) => ({
        end,
        sums,
        phase: own[0]?.phase ?? "",
        running: own.length,
        meshed: own.filter(({ meshed }) => meshed).length,
      }))
      .toSorted((a, b) => (endKey(a.end) < endKey(b.end) ? -1 : 1)),
  };
}

/** `sumsOf`: where a sample counts; undefined: nowhere. */
export function addReading(
  reading: Reading,
  seconds: number,
  direction: "inbound" | "outbound",
  sumsOf: (sample: Sample) => RateSums | undefined,
): void {
  const peer = direction === "inbound" ? "src" : "dst";
  const isCounted = (sample: Sample): boolean =>
    sample.labels["direction"] === direction && (direction === "outbound" || !isOwn(sample, reading.pod));
  const isSecured = ({ labels }: Sample): boolean => labels["tls"] === "true";
  for (const [sample, by] of increases(reading, "response_total"))
    if (isCounted(sample))
      sumsOf(sample)?.addResponses(by, seconds, {
        success: sample.labels["classification"] === "success",
        secured: isSecured(sample),
      });
  for (const [sample, by] of increases(reading, "response_latency_ms_bucket"))
    if (isCounted(sample)) sumsOf(sample)?.addBucket(sample.labels["le"] ?? "", by);
  const ofPeer = (sample: Sample): RateSums | undefined =>
    isCounted(sample) && sample.labels["peer"] === peer ? sumsOf(sample) : undefined;
  for (const [sample, by] of increases(reading, "tcp_read_bytes_total")) {
    const sums = ofPeer(sample);
    if (sums !== undefined) sums.read += by / seconds;
  }
  for (const [sample, by] of increases(reading, "tcp_write_bytes_total")) {
    const sums = ofPeer(sample);
    if (sums !== undefined) sums.write += by / seconds;
  }
  for (const sample of samplesOf(reading.page, "tcp_open_connections"))
    ofPeer(sample)?.addOpen(sample.value, isSecured(sample));
}
