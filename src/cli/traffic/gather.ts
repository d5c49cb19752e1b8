/** What the proxies of a cluster's pods tell of their traffic: their pages, read through the API server's port-forward. */
import { setTimeout as sleep } from "node:timers/promises";
import { wordsOf } from "../../core/base/text/words.ts";
import { collectionPath, resources } from "../../core/kubernetes/kinds.ts";
import type { Traffic } from "../../core/traffic/edges.ts";
import type { Family, Page } from "../../core/traffic/page.ts";
import { trafficPod } from "../../core/traffic/pods.ts";
import type { TrafficPod } from "../../core/traffic/pods.ts";
import type { ClusterApi } from "../../kube/connect.ts";
import { pageAt, pageLimits, pageWithin } from "../../kube/pod-pages.ts";
import { reachOf } from "../check/reach.ts";
import { CommandFailure } from "../io.ts";
import type { Io } from "../io.ts";
import { needed } from "../status/status.ts";
import type { PodsWanted } from "../status/gather.ts";
import { metricsPath, proxyPage } from "./proxy-page.ts";

export interface TrafficAsked extends PodsWanted {
  readonly families: readonly Family[];
  /** Milliseconds between two readings; 0: all that was counted since the proxies began. */
  readonly window: number;
  /** Connections that are open at the same time. */
  readonly atOnce: number;
  /** However many they are. */
  readonly allPods: boolean;
}

export interface Gathered extends Traffic {
  readonly failed: readonly PodFailure[];
}

export interface PodFailure {
  readonly pod: TrafficPod;
  readonly why: string;
}

/** Pods that are read without being asked whether that is meant. */
export const mostPods = 500;

type Asked = Pick<ClusterApi, "server" | "ask" | "reach">;

/** Rejects with a failure where pods cannot be listed, where they are too many, and when the user ends it. */
export async function gatherTraffic(api: Asked, asked: TrafficAsked, io: Io): Promise<Gathered> {
  const pods = await listed(api, asked);
  const read = pods.filter(({ running, meshed }) => running && meshed);
  if (read.length > mostPods && !asked.allPods)
    throw new CommandFailure([
      `${read.length} pods would be read, more than ${mostPods}: choose by -n or -l, or give --all-pods`,
    ]);
  try {
    return { pods, ...(await readAll(api, read, asked, io)) };
  } catch (error) {
    if (io.signal.aborted) throw new CommandFailure([], interrupted);
    throw error;
  } finally {
    io.progress?.(undefined);
  }
}

/** As of a process that SIGINT has ended. */
const interrupted = 130;

async function listed(api: Asked, { namespace, selector }: PodsWanted): Promise<readonly TrafficPod[]> {
  const reach = reachOf({ api, clock: () => new Date() });
  const query = selector === "" ? {} : { labelSelector: selector };
  return needed(await reach.reduced("Pods", collectionPath(resources.pods, namespace), trafficPod, { query }));
}

type Read = Pick<Gathered, "readings" | "failed">;

async function readAll(api: Asked, pods: readonly TrafficPod[], asked: TrafficAsked, io: Io): Promise<Read> {
  if (asked.window === 0) {
    const now = await pagesOf(api, pods, twice, asked, io);
    return { failed: now.failed, readings: [...now.pages].map(([pod, page]) => ({ pod, page })) };
  }
  const first = await pagesOf(api, pods, once, asked, io);
  if (first.pages.size > 0) {
    io.stderr(`weft: waiting ${asked.window / 1000} s for what comes in between\n`);
    await sleep(asked.window, undefined, { signal: io.signal });
  }
  const second = await pagesOf(api, [...first.pages.keys()], once, asked, io);
  return {
    failed: [...first.failed, ...second.failed],
    readings: [...second.pages].map(([pod, page]) => ({ pod, page, before: first.pages.get(pod) })),
  };
}

/** A proxy forgets what is idle only after it has told it once more: what counts is told the second time. */
const twice = 2;
const once = 1;

interface PagesRead {
  readonly pages: ReadonlyMap<TrafficPod, Page>;
  readonly failed: readonly PodFailure[];
}

/** In the order of the pods. */
async function pagesOf(
  api: Asked,
  pods: readonly TrafficPod[],
  times: number,
  { families, atOnce }: TrafficAsked,
  { signal, progress }: Io,
): Promise<PagesRead> {
  const limits = pageLimits();
  const waiting = pods.values();
  const pages = new Map<TrafficPod, Page | undefined>(pods.map((pod) => [pod, undefined]));
  const failed = new Map<TrafficPod, string>();
  let done = 0;
  const worker = async (): Promise<void> => {
    for (const pod of waiting) {
      try {
        const asked = { path: metricsPath, times, names: families };
        const how = { limits, within: pageWithin };
        const text = await pageAt((end) => api.reach(pod, pod.adminPort, end), asked, how, signal);
        pages.set(pod, proxyPage(text, pod, families));
      } catch (error) {
        signal.throwIfAborted();
        failed.set(pod, wordsOf(error));
      }
      done += 1;
      progress?.(`pods read: ${done} of ${pods.length}`);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, pods.length) }, worker));
  return {
    pages: new Map([...pages].filter((each): each is [TrafficPod, Page] => each[1] !== undefined)),
    failed: pods.flatMap((pod) => (failed.has(pod) ? [{ pod, why: failed.get(pod) ?? "" }] : [])),
  };
}
