/**
 * Pages of a mesh's proxies, again and again: a forward to each pod that is kept, as opening one costs the API server and
 * the kubelet a hundred times what a page does.
 */
import type { Duplex } from "node:stream";
import { withTimeout } from "../../async/limit.ts";
import { semaphore } from "../../async/semaphore.ts";
import { wordsOf } from "../../core/base/text/words.ts";
import type { Reading } from "../../core/traffic/increase.ts";
import type { MapRound } from "../../core/traffic/map.ts";
import { rateFamilies } from "../../core/traffic/page.ts";
import type { Page } from "../../core/traffic/page.ts";
import type { TrafficPod } from "../../core/traffic/pods.ts";
import type { TextLimits } from "../../kube/bounded-text.ts";
import type { ReachPod } from "../../kube/forward.ts";
import { pageLimits, pagesAtOnce, pagesOver, pageWithin } from "../../kube/pod-pages.ts";
import type { GetPage } from "../../kube/pod-pages.ts";
import { metricsPath, proxyPage } from "../traffic/proxy-page.ts";

type RoundRead = Pick<MapRound, "readings" | "failed">;

export interface Proxies {
  /** A page of each of these pods; forwards to others are closed. */
  readonly read: (pods: readonly TrafficPod[], signal: AbortSignal) => Promise<RoundRead>;
  readonly close: () => void;
}

interface Kept {
  readonly stream: Duplex;
  readonly page: GetPage;
}

export function keptProxies(reach: ReachPod): Proxies {
  const open = new Map<string, Kept>();
  const pages = new Map<string, Page>();

  const forget = (key: string): void => {
    open.get(key)?.stream.destroy();
    open.delete(key);
  };
  const opened = async (pod: TrafficPod, limits: TextLimits, signal: AbortSignal): Promise<Kept> => {
    // A stream ends with the signal that it was opened with, and this one is to outlive the round.
    const own = new AbortController();
    const giveUp = (): void => own.abort(signal.reason);
    signal.addEventListener("abort", giveUp, { once: true });
    try {
      const stream = await reach(pod, pod.adminPort, own.signal);
      const kept = { stream, page: pagesOver(stream) };
      open.set(keyOf(pod), kept);
      // A proxy forgets what is idle only after it has told it once more.
      await kept.page(metricsPath, signal, { names: [], limits });
      return kept;
    } finally {
      signal.removeEventListener("abort", giveUp);
    }
  };
  const textOf = async (pod: TrafficPod, limits: TextLimits, signal: AbortSignal): Promise<string> => {
    const kept = open.get(keyOf(pod));
    if (kept !== undefined && !kept.stream.destroyed) {
      try {
        return await kept.page(metricsPath, signal, { names: rateFamilies, limits });
      } catch {
        // Its connection may have been closed since the last round.
        signal.throwIfAborted();
      }
    }
    forget(keyOf(pod));
    const anew = await opened(pod, limits, signal);
    return anew.page(metricsPath, signal, { names: rateFamilies, limits });
  };
  const readOne = async (pod: TrafficPod, limits: TextLimits, signal: AbortSignal): Promise<Reading | Failed> => {
    const key = keyOf(pod);
    try {
      const text = await withTimeout(signal, pageWithin, (within) => textOf(pod, limits, within));
      const page = proxyPage(text, pod, rateFamilies);
      const before = pages.get(key);
      pages.set(key, page);
      return { pod, page, before };
    } catch (error) {
      signal.throwIfAborted();
      forget(key);
      return { namespace: pod.namespace, name: pod.name, why: wordsOf(error) };
    }
  };
  return {
    read: async (pods, signal) => {
      const wanted = new Set(pods.map(keyOf));
      for (const key of [...open.keys()].filter((each) => !wanted.has(each))) forget(key);
      for (const key of [...pages.keys()].filter((each) => !wanted.has(each))) pages.delete(key);
      const turns = semaphore({ most: pagesAtOnce, mostWaiting: Infinity });
      const limits = pageLimits();
      const found = await Promise.all(pods.map((pod) => turns.run(() => readOne(pod, limits, signal))));
      return {
        readings: found.filter((each): each is Reading => each !== undefined && "page" in each),
        failed: found.filter((each): each is Failed => each !== undefined && "why" in each),
      };
    },
    close: () => {
      for (const key of open.keys()) forget(key);
    },
  };
}

type Failed = MapRound["failed"][number];

const keyOf = ({ namespace, name }: TrafficPod): string => `${namespace}/${name}`;
