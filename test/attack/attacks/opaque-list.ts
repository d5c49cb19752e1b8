import { setTimeout as pause } from "node:timers/promises";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { listed } from "../bodies.ts";
import { call, pathOf, requestOf, session } from "../calls.ts";
import type { ServerAttack } from "../shape.ts";

const list = listed(250 * 1000, (index) => String(10_000 + (index % 55_000)));

const service = (version: number): JsonObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: {
    name: "x",
    namespace: "evil",
    annotations: { "config.linkerd.io/opaque-ports": `${list},${version}` },
  },
  spec: {
    type: "ClusterIP",
    clusterIP: "None",
    clusterIPs: ["None"],
    selector: { app: "mallory" },
    ports: [{ name: "a", port: 80, protocol: "TCP" }],
  },
});

/** Milliseconds of processor time: 500 streams, and two changes. */
const most = 4000;

export const opaqueList: ServerAttack = {
  name: "opaque-list",
  claim: "A list of 250 kB of opaque ports, and 500 streams that follow it, hold nobody up.",
  victim: "controller",
  good: ["certificates", "streams"],
  seconds: 7,
  world: { objects: [service(1)] },
  attack: async (target, over) => {
    const on = await session(target, { to: "destination", certificate: target.certificates?.mallory });
    if (on === undefined) return { says: "no connection", happened: false };
    for (let port = 1; port <= 500; port += 1) {
      const path = `x.evil.svc.cluster.local:${port}`;
      call(on, pathOf("destination", "GetProfile"), requestOf("destination", "GetProfile", { path }));
    }
    while (!over.aborted) await pause(20);
    on.destroy();
    return { says: "500 streams of GetProfile", happened: true };
  },
  inCluster: async ({ api }, over) => {
    await pause(3000, undefined, { signal: over }).catch(() => undefined);
    api.put(service(2));
    await pause(3000, undefined, { signal: over }).catch(() => undefined);
    api.put(service(3));
    await new Promise((resolve) => (over.aborted ? resolve(0) : over.addEventListener("abort", resolve)));
    return { says: "the annotation changed twice", happened: true };
  },
  wrong: ({ processor }) => (processor > most ? [`it took ${processor} ms of processor time`] : []),
};
