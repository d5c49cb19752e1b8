/** What goes wrong while pods are created. Each scenario begins when the load has begun, and ends with all mended. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { paths } from "../../src/core/install/names.ts";
import type { ApiProxy } from "../api/harness/api-proxy.ts";
import { good } from "../api/harness/cluster.ts";
import type { Cluster } from "../api/harness/cluster.ts";
import { pod } from "../api/harness/pods.ts";
import type { Replica } from "../api/harness/replica.ts";
import type { Weft } from "../api/harness/weft.ts";
import type { Kind } from "./load.ts";

export interface Scene {
  readonly cluster: Cluster;
  readonly weft: Weft;
  /** Between the replicas and the API server. */
  readonly proxy: ApiProxy;
  readonly seconds: number;
  /** From now on pods of this kind are created, too. */
  readonly also: (kind: Kind) => void;
  /** So many pods that asked may be lost: their requests were, or went to, where nobody answers. */
  readonly mayLose: (count: number, why: string) => void;
}

export interface Scenario {
  readonly name: string;
  /** A sentence for the report. */
  readonly what: string;
  readonly run: (scene: Scene) => Promise<void>;
}

/** How long until a node's kube-proxy no longer sends connections to a replica that has died. */
const heardAfter = 1000;
/** The readiness probe: two failures, 2 s apart, each given up after 2 s. */
const unreadyAfter = 6000;
/** The pause of preStop, in which the endpoint is taken out. */
const preStop = 2000;

export const scenarios: readonly Scenario[] = [
  {
    name: "nothing",
    what: "nothing goes wrong: what the others are compared with",
    run: async () => {},
  },
  {
    name: "kill -9",
    what: "a replica is killed, is sent connections for 1 s more, and another one is started in its place",
    run: async (scene) => {
      const { weft, seconds } = scene;
      for (let time = 0; time < Math.max(1, Math.floor(seconds / 15)); time += 1) {
        await sleep(seconds * 100);
        await killed(scene, firstOf(weft));
      }
    },
  },
  {
    name: "rolling restart",
    what: "each replica is replaced: the new one gets ready, the old one is taken out and gets SIGTERM",
    run: async ({ weft }) => {
      for (const old of weft.replicas()) {
        await weft.start();
        await weft.stop(old, preStop);
      }
    },
  },
  {
    name: "watches cut",
    what: "the replicas' connections to the API server are cut, again and again, and cannot be made for a third of the time",
    run: async ({ proxy, seconds }) => {
      for (let time = 0; time < 3; time += 1) {
        await sleep(seconds * 100);
        if (proxy.cut() === 0) throw new Error("there was no watch to cut");
      }
      proxy.away(true);
      await sleep(seconds * 333);
      proxy.away(false);
      await sleep(seconds * 100);
    },
  },
  {
    name: "namespaces stale",
    what: "watch events are held back while a namespace is annotated and its pods are created",
    run: async (scene) => {
      const { cluster, proxy, seconds } = scene;
      await cluster.namespace("faults-late");
      // The replicas have heard of it, without the annotation.
      await sleep(1000);
      proxy.hold(true);
      const path = "/api/v1/namespaces/faults-late";
      const body = { metadata: { annotations: { "linkerd.io/inject": "enabled" } } };
      good(await cluster.ask({ method: "PATCH", path, body, contentType: "application/merge-patch+json" }), path);
      scene.also({ name: "namespace annotated a moment ago", pod: pod("faults-late"), asked: true });
      await sleep(seconds * 600);
      proxy.hold(false);
      await sleep(seconds * 100);
    },
  },
  {
    name: "settings broken",
    what: "the settings file becomes unreadable YAML, later a file of wrong types, and is mended in the end",
    run: async ({ weft, seconds }) => {
      const file = join(weft.folder, paths.settings, "values");
      const { values } = settingsOf(weft);
      for (const text of ["proxy: [", "proxy: {ports: {inbound: many}}", values]) {
        await sleep(seconds * 200);
        writeFileSync(file, text);
      }
    },
  },
  {
    name: "black hole",
    what: "one replica's packets are lost, until its readiness probe has failed twice; its process lives",
    run: async (scene) => {
      const { weft, seconds } = scene;
      const victim = firstOf(weft);
      await sleep(seconds * 100);
      const before = weft.balancer.open(victim.port);
      const opened = weft.balancer.opened(victim.port);
      weft.balancer.swallow([victim.port]);
      await sleep(unreadyAfter);
      weft.use(weft.replicas().filter((each) => each !== victim));
      const later = weft.balancer.opened(victim.port) - opened;
      scene.mayLose(before + later, "connections that led into the black hole");
      await sleep(seconds * 200);
      weft.balancer.swallow([]);
      weft.use(weft.replicas());
    },
  },
];

const firstOf = (weft: Weft): Replica => {
  const [first] = weft.replicas();
  if (first === undefined) throw new Error("there is no replica");
  return first;
};

async function killed({ weft, mayLose }: Scene, victim: Replica): Promise<void> {
  const opened = weft.balancer.opened(victim.port);
  const open = weft.balancer.open(victim.port);
  victim.process.kill("SIGKILL");
  await victim.process.ended;
  await sleep(heardAfter);
  const refused = weft.balancer.opened(victim.port) - opened;
  weft.drop(victim);
  mayLose(open + refused, "connections open when it died, or refused until the node had heard");
  await weft.start();
}

const settingsOf = ({ objects }: Weft): { readonly values: string } => {
  const found = objects.find(({ kind, metadata }) => {
    const { name } = metadata as { name?: string };
    return kind === "ConfigMap" && name === "linkerd-config";
  }) as { data?: { values: string } } | undefined;
  if (found?.data === undefined) throw new Error("the settings are not installed");
  return found.data;
};
