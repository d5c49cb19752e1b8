/** Rounds of the dashboard: which pods there are, a page of each proxy, and the map that is made of both. */
import type { Clock } from "../../async/clock.ts";
import type { Fact } from "../../core/checks/fact.ts";
import { mapState } from "../../core/traffic/map.ts";
import type { TrafficPod } from "../../core/traffic/pods.ts";
import type { ReachPod } from "../../kube/forward.ts";
import type { Round, Rounds } from "../../web/rounds.ts";
import { keptProxies } from "./proxies.ts";

export interface RoundsWorld {
  /** The pods that are looked at, as they are now. */
  readonly pods: () => Promise<Fact<readonly TrafficPod[]>>;
  readonly reach: ReachPod;
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  readonly date: () => number;
}

/** Milliseconds from the beginning of a round to that of the next. */
export const roundEvery = 10_000;
/** Pods that are read: a forward to each is kept open. */
export const mostPods = 200;

export const roundsOf = (world: RoundsWorld): Rounds =>
  async function* (signal) {
    const proxies = keptProxies(world.reach);
    try {
      while (!signal.aborted) {
        const since = world.clock.now();
        yield await roundOf(world, proxies, signal);
        await world.clock.wait(Math.max(0, since + roundEvery - world.clock.now()), signal);
      }
    } finally {
      proxies.close();
    }
  };

async function roundOf(
  { pods, date }: RoundsWorld,
  proxies: ReturnType<typeof keptProxies>,
  signal: AbortSignal,
): Promise<Round> {
  const listed = await pods();
  if (listed.kind !== "known") return trouble(`${listed.what}: ${listed.text}`);
  const meshed = listed.value.filter((pod) => pod.running && pod.meshed);
  if (meshed.length > mostPods)
    return trouble(
      `${meshed.length} pods are meshed here, and ${mostPods} are looked at at most: end weft dashboard, and start it with -n NAMESPACE`,
    );
  const read = await proxies.read(meshed, signal);
  return { event: "map", data: mapState({ pods: listed.value, ...read, at: date() }) };
}

const trouble = (text: string): Round => ({ event: "trouble", data: { text } });
