import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { call, pathOf, requestOf, session } from "../calls.ts";
import { standsStill } from "../policies.ts";
import type { ServerAttack } from "../shape.ts";
import { stay } from "../sockets.ts";

const [slices, perSlice, ports] = [20, 1000, 400];

const service: JsonObject = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "crowd", namespace: "evil" },
  spec: { type: "ClusterIP", clusterIP: "None" },
};

/** Written by the tenant itself, as a Service without a selector has them. */
const slice = (of: number, endpoints = perSlice): JsonObject => ({
  apiVersion: "discovery.k8s.io/v1",
  kind: "EndpointSlice",
  metadata: { name: `crowd-${of}`, namespace: "evil", labels: { "kubernetes.io/service-name": "crowd" } },
  addressType: "IPv4",
  endpoints: Array.from({ length: endpoints }, (_, index) => ({
    addresses: [`10.${100 + of}.${index >> 8}.${index & 255}`],
  })),
});

export const endpointPorts: ServerAttack = {
  name: "endpoint-ports",
  claim: "20,000 endpoints, asked for on 400 ports by one pod that reads all, are chosen once and hold nobody up.",
  victim: "controller",
  good: ["certificates", "streams"],
  seconds: 6,
  world: { objects: [service, ...Array.from({ length: slices }, (_, of) => slice(of))] },
  attack: async (target, over) => {
    const on = await session(target, { to: "destination", certificate: target.certificates?.mallory });
    if (on === undefined) return { says: "no connection was had", happened: false };
    for (let port = 1; port <= ports; port += 1) {
      const request = requestOf("destination", "Get", { path: `crowd.evil.svc.cluster.local:${port}` });
      call(on, pathOf("destination", "Get"), request);
    }
    await stay(over);
    on.destroy();
    return { says: `${ports} streams for ${slices * perSlice} endpoints each`, happened: true };
  },
  inCluster: async ({ api }, over) => {
    let changes = 0;
    while (!over.aborted) {
      changes += 1;
      api.put(slice(0, perSlice - (changes % 2)));
      await stay(AbortSignal.any([over, AbortSignal.timeout(1000)]));
    }
    return { says: `${changes} changes of one`, happened: true };
  },
  wrong: standsStill,
};
