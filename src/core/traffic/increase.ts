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

/** Between the two pages; or why nothing can be counted between them. */
export type Elapsed = { readonly seconds: number } | { readonly why: string };

/** By the proxy's own clock, so that delays on the way do not count. */
export function elapsedOf({ page, before }: Reading): Elapsed {
  if (before === undefined) return { why: "there is one page of its proxy, and two are needed" };
  const [from, to] = [timesOf(before), timesOf(page)];
  if (to.started > from.started) return { why: "its proxy restarted meanwhile" };
  const isSwapped = to.started < from.started || to.uptime < from.uptime;
  if (isSwapped) return { why: "its second page is older than its first" };
  if (to.uptime > from.uptime) return { seconds: to.uptime - from.uptime };
  return { why: "its two pages are of the same moment" };
}

const timesOf = (page: Page): { readonly started: number; readonly uptime: number } => ({
  started: valueOf(page, "process_start_time_seconds") ?? 0,
  uptime: valueOf(page, "process_uptime_seconds_total") ?? 0,
});

/** Undefined: nothing can be counted between the two. */
export function secondsOf(reading: Reading): number | undefined {
  const elapsed = elapsedOf(reading);
  return "seconds" in elapsed ? elapsed.seconds : undefined;
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
