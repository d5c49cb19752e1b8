/** What was counted between two pages of the same proxy. */
import { samplesOf, valueOf } from "./page.ts";
import type { Family, Page, Sample } from "./page.ts";
import type { TrafficPod } from "./pods.ts";

/** A pod's page, and the one before it where there is a window. */
export interface Reading {
  readonly pod: TrafficPod;
  readonly page: Page;
  readonly before?: Page | undefined;
}

/**
 * A series that is new, or has become smaller, was forgotten and began at 0 (the proxy forgets what is idle); without a
 * page before, all of it counts.
 */
export function* increases({ page, before }: Reading, family: Family): Generator<[sample: Sample, by: number]> {
  const old = before && new Map(samplesOf(before, family).map(({ series, value }) => [series, value]));
  for (const sample of samplesOf(page, family)) {
    const from = old?.get(sample.series) ?? 0;
    yield [sample, sample.value >= from ? sample.value - from : sample.value];
  }
}

/** By the proxy's own clock, so that delays on the way do not count; undefined: it restarted meanwhile. */
export function secondsOf({ page, before }: Reading): number | undefined {
  if (before === undefined) return undefined;
  const started = (of: Page): number | undefined => valueOf(of, "process_start_time_seconds");
  if (started(page) !== started(before)) return undefined;
  const seconds =
    (valueOf(page, "process_uptime_seconds_total") ?? 0) - (valueOf(before, "process_uptime_seconds_total") ?? 0);
  return seconds > 0 ? seconds : undefined;
}

/** Kubelet's requests and weft's own; the admin port's address is that on which it listens, so it is known by the port. */
export const isOwn = ({ labels }: Sample, { adminPort }: TrafficPod): boolean =>
  labels["target_port"] === String(adminPort) || labels["route_name"] === "probe";

/** Somebody's connection to the pod: not kubelet's, not weft's, and not the proxy's own to its application. */
export const isCall = (sample: Sample, pod: TrafficPod): boolean =>
  sample.labels["direction"] === "inbound" && sample.labels["peer"] === "src" && !isOwn(sample, pod);

/** Calls that are open now. */
export const openCalls = ({ page, pod }: Reading): number =>
  samplesOf(page, "tcp_open_connections")
    .filter((sample) => isCall(sample, pod))
    .reduce((sum, { value }) => sum + value, 0);
