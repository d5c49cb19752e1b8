/** Namespaces change, and the replicas hear nothing of it. */
import { setTimeout as sleep } from "node:timers/promises";
import type { JsonObject } from "../../src/core/mesh/api.ts";
import { good } from "../api/harness/cluster.ts";
import type { Cluster } from "../api/harness/cluster.ts";
import { asking, pod } from "../api/harness/pods.ts";
import type { Scene } from "./fault.ts";
import type { Did } from "./figures.ts";

const perSecond = 2;

/** What is done to a namespace while nothing is heard: pods follow at once. */
const changes = ["asks", "asks no more", "is new and asks"] as const;
type Change = (typeof changes)[number];

export async function namespacesHeldStale({ cluster, proxy, prefix, seconds, until, mixIn }: Scene): Promise<Did> {
  const total = Math.floor(seconds * 0.8 * perSecond);
  const planned = Array.from({ length: total }, (_, index) => ({
    name: `${prefix}-stale-${index}`,
    change: changes[index % changes.length] as Change,
  }));
  for (const { name, change } of planned) {
    if (change === "asks") await cluster.namespace(name);
    if (change === "asks no more") await cluster.namespace(name, { annotations: asking });
  }
  // The replicas have heard of those.
  await sleep(500);
  proxy.hold(true);
  const held = proxy.watches();
  for (const { name, change } of planned) {
    await changed(cluster, name, change);
    mixIn({ name: change, asked: change !== "asks no more", pod: pod(name) });
    await sleep(1000 / perSecond);
  }
  mixIn(undefined);
  proxy.hold(false);
  await until(1);
  return {
    says: `${total} namespaces changed (${changes.join("; ")}) while ${held} watches were silent`,
    happened: held >= 2 && total > 0,
    unavoidable: 0,
  };
}

async function changed(cluster: Cluster, name: string, change: Change): Promise<void> {
  if (change === "is new and asks") return void (await cluster.namespace(name, { annotations: asking }));
  const annotations = change === "asks" ? asking : { "linkerd.io/inject": null };
  await annotated(cluster, name, annotations);
}

async function annotated(cluster: Cluster, name: string, annotations: JsonObject): Promise<void> {
  const call = { path: `/api/v1/namespaces/${name}`, contentType: "application/merge-patch+json" };
  good(await cluster.ask({ method: "PATCH", ...call, body: { metadata: { annotations } } }), `annotate ${name}`);
}
