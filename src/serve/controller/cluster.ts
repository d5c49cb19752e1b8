/** The cluster behind `weft controller`: one index for all streams, fed by watches, and what is seen of it. */
import { isMissedInView } from "../../core/dataplane/missed-in-view.ts";
import { liveCluster } from "../../core/view/live.ts";
import type { Live, Schedule } from "../../core/view/live.ts";
import { policyKinds } from "../../core/view/objects.ts";
import type { KubeApi } from "../../kube/api.ts";
import { realClock } from "../../async/clock.ts";
import type { Clock } from "../../async/clock.ts";
import { feedCluster } from "./cluster-feed.ts";
import type { ClusterFeed, LeftOut } from "./cluster-feed.ts";
import type { Log } from "../../observe/log.ts";
import type { Check } from "../../net/admin-server.ts";
import { piecesOfProcess } from "../../async/pieces-of-work.ts";
import type { PiecesOfWork } from "../../async/pieces-of-work.ts";

export interface WatchedCluster {
  readonly live: Live;
  readonly feed: ClusterFeed;
  readonly check: Check;
  /** Kind → objects in the index. */
  readonly objects: () => Readonly<Record<string, number>>;
  /** Objects that there is no room for. */
  readonly leftOut: () => LeftOut;
  /** Pods that asked for a proxy and have none. */
  readonly missed: () => number;
}

interface ClusterOptions {
  /** Weft's, in which no pod is missed. */
  readonly namespace: string;
  readonly clock?: Clock;
  /** Pods are counted piece by piece; the process's own when absent. */
  readonly pieces?: Pick<PiecesOfWork, "rest">;
}

/** Until the signal aborts. */
export function watchCluster(
  api: KubeApi,
  log: Log,
  signal: AbortSignal,
  { namespace, clock = realClock, pieces = piecesOfProcess }: ClusterOptions,
): WatchedCluster {
  // What one piece of a watch brings is answered together.
  const { soon, piece } = halfOfTheTime();
  const live = liveCluster(soon, {
    onFault: (target, error) => log.error("a value could not be made again, and stays as it was", { target }, error),
    piece,
  });
  const feed = feedCluster({
    api,
    index: live.index,
    clock,
    random: Math.random,
    signal,
    onFailure: (what, { message }) => log.warn(`${what} could not be read, trying again`, { reason: message }),
    onLeftOut: (namespace, kind, isLeftOut) => {
      if (isLeftOut) log.warn(leftOutWords, { namespace, kind });
      else log.info("objects that were left out are known again, or gone", { namespace, kind });
    },
    onPolicyKinds: (kinds) => log.info("policy resources of the cluster", { kinds }),
  });
  const view = live.index.view();
  const look: Check["look"] = () => {
    if (!feed.synced()) return { fails: true, says: `not read yet from ${api.server}: ${feed.missing().join(", ")}` };
    const { size } = live.index;
    const seconds = Math.round(feed.silence() / 1000);
    const says = `${size("Pod")} pods, ${size("Service")} Services, ${api.server} last heard of ${seconds} s ago`;
    return { fails: false, says };
  };
  return {
    live,
    feed,
    check: { name: "cluster", look },
    missed: counted(
      () => live.index.every("Pod"),
      (pod) => isMissedInView(pod, view.namespace(pod.namespace), { namespace }),
      clock.now,
      pieces,
    ),
    leftOut: feed.leftOut,
    objects: () => Object.fromEntries(kinds.map((kind) => [kind, live.index.size(kind)])),
  };
}

/** Who keeps weft at work, with change after change, leaves all others as much time as a piece of that took. */
function halfOfTheTime(): { readonly soon: Schedule; readonly piece: () => () => boolean } {
  let began = 0;
  const took = (): number => Math.min(performance.now() - began, longestPause);
  return {
    soon: (run, isMore) => {
      if (isMore) setTimeout(() => piecesOfProcess.later(run), took());
      else piecesOfProcess.later(run);
    },
    piece: () => {
      began = performance.now();
      return piecesOfProcess.isOver;
    },
  };
}

/** Milliseconds. */
const longestPause = 250;

/** All pods are looked at, and whoever may scrape may do so often; milliseconds. */
const countAgain = 10_000;

/** How many there are, counted when it is asked for; while many are being counted it is what it was. */
function counted<Item>(
  items: () => Iterable<Item>,
  isOne: (item: Item) => boolean,
  now: () => number,
  pieces: Pick<PiecesOfWork, "rest">,
): () => number {
  let [known, until, isCounting] = [0, -Infinity, false];
  async function count(): Promise<void> {
    isCounting = true;
    until = now() + countAgain;
    let sum = 0;
    for (const item of items()) {
      const rest = pieces.rest();
      if (rest !== undefined) await rest;
      if (isOne(item)) sum += 1;
    }
    [known, isCounting] = [sum, false];
  }
  return () => {
    if (now() >= until && !isCounting) void count();
    return known;
  };
}

const leftOutWords =
  "there is no room for all objects: some of the namespace that has most are left out, and its pods let nobody in where one of them might have closed a port";

const kinds = ["Pod", "Service", "EndpointSlice", "Node", "Namespace", ...policyKinds] as const;
