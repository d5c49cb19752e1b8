/** Two replicas of weft behind a Service, a proxy between them and the API server, and namespaces to create pods in. */
import { setTimeout as sleep } from "node:timers/promises";
import type { JsonObject } from "../../src/core/mesh/api.ts";
import { startApiProxy } from "../api/harness/api-proxy.ts";
import type { ApiProxy } from "../api/harness/api-proxy.ts";
import { eventually } from "../api/harness/cluster.ts";
import type { Cluster } from "../api/harness/cluster.ts";
import { asking, isMeshed, pod } from "../api/harness/pods.ts";
import { installWeft } from "../api/harness/weft.ts";
import type { Weft } from "../api/harness/weft.ts";
import { figuresOf } from "./figures.ts";
import type { Figures } from "./figures.ts";
import { reachable, startLoad } from "./load.ts";
import type { Kind } from "./load.ts";
import type { Scenario } from "./scenarios.ts";

export interface World {
  readonly cluster: Cluster;
  readonly proxy: ApiProxy;
  readonly weft: Weft;
  readonly timeoutSeconds: number;
  /** Creations a second that this machine can do. */
  readonly reachable: number;
  readonly end: () => Promise<void>;
}

export async function startWorld(cluster: Cluster): Promise<World> {
  const proxy = await startApiProxy(cluster.plane);
  const weft = await installWeft(cluster, {
    namespace: "faults-weft",
    replicas: 2,
    server: proxy.server,
    certificates: "files",
  });
  await cluster.namespace("faults-asks", { annotations: asking });
  await cluster.namespace("faults-plain");
  await eventually("pods are meshed", async () => {
    const answer = await cluster.create(pod("faults-asks"), { dryRun: true });
    return answer.status === 201 && isMeshed(answer.body as JsonObject);
  });
  // Twice, as nothing is warm at first.
  await reachable(cluster, usualKinds, 2);
  return {
    cluster,
    proxy,
    reachable: await reachable(cluster, usualKinds, 3),
    weft,
    timeoutSeconds: weft.choices.timeoutSeconds.inject,
    end: async () => {
      await weft.end();
      await proxy.close();
    },
  };
}

const byNamespace: Kind = { name: "the namespace asks", pod: pod("faults-asks"), asked: true };
const byPod: Kind = { name: "the pod asks", pod: pod("faults-plain", { annotations: asking }), asked: true };
const nobody: Kind = { name: "nobody asks", pod: pod("faults-plain"), asked: false };

const usualKinds: readonly Kind[] = [byNamespace, byPod, nobody, byNamespace, byPod];

/** Lasts as long as was asked for, and until all is mended. */
export async function runScenario(
  world: World,
  scenario: Scenario,
  { perSecond, seconds }: { readonly perSecond: number; readonly seconds: number },
): Promise<Figures> {
  let kinds = usualKinds;
  let bound = 0;
  const boundBy = new Set<string>();
  const load = startLoad(world.cluster, { perSecond, kinds: () => kinds });
  const scene = {
    ...world,
    seconds,
    also: (kind: Kind) => void (kinds = [...kinds, kind]),
    mayLose: (count: number, why: string) => {
      bound += count;
      boundBy.add(why);
    },
  };
  await Promise.all([sleep(seconds * 1000), scenario.run(scene)]);
  const timeout = world.timeoutSeconds * 1000;
  return figuresOf(scenario, await load.stop(), { bound, boundBy: [...boundBy], timeout });
}
