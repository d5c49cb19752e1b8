import { setTimeout as pause } from "node:timers/promises";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { podNamed } from "../../support/shop.ts";
import { call, pathOf, requestOf, session } from "../calls.ts";
import type { ServerAttack } from "../shape.ts";

const service: JsonObject = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "db", namespace: "shop" },
  spec: {
    type: "ClusterIP",
    clusterIP: "None",
    clusterIPs: ["None"],
    selector: { app: "db" },
    ports: [{ name: "tcp", port: 5432, targetPort: 5432, protocol: "TCP" }],
  },
};
const slice: JsonObject = {
  apiVersion: "discovery.k8s.io/v1",
  kind: "EndpointSlice",
  metadata: { name: "db-1", namespace: "shop", labels: { "kubernetes.io/service-name": "db" } },
  addressType: "IPv4",
  ports: [{ name: "tcp", port: 5432, protocol: "TCP" }],
  endpoints: [
    {
      addresses: ["10.1.0.50"],
      conditions: { ready: true },
      hostname: "db-0",
      nodeName: "node",
      targetRef: { kind: "Pod", namespace: "shop", name: "db-0" },
    },
  ],
};

const paths = [
  "db.db-0 of shop.svc.cluster.local:5432",
  "db of db-0.shop.svc.cluster.local:5432",
  "db-0.db of shop.svc.cluster.local:5432",
  "db-0 of db.shop.svc.cluster.local:5432",
  "shop/db.db-0.svc.cluster.local:5432",
  "db-0/db.shop.svc.cluster.local:5432",
  "db:db-0.shop.svc.cluster.local:5432",
  'db","db-0.shop.svc.cluster.local:5432',
  "DB-0.db.shop.svc.cluster.local:5432 of evil",
];

export const targetKeys: ServerAttack = {
  name: "target-keys",
  claim: "No name that one pod asks for changes what another is told.",
  victim: "controller",
  good: ["streams"],
  seconds: 4,
  world: {
    objects: [podNamed("db-0", "10.1.0.50", { serviceAccount: "db" }), service, slice],
    streamPath: "db-0.db.shop.svc.cluster.local:5432",
  },
  attack: async (target, over) => {
    const on = await session(target, { to: "destination", certificate: target.certificates?.mallory });
    if (on === undefined) return { says: "no connection", happened: false };
    let asked = 0;
    while (!over.aborted) {
      const calls = paths.flatMap((path) =>
        (["Get", "GetProfile"] as const).map((method) =>
          call(on, pathOf("destination", method), requestOf("destination", method, { path })),
        ),
      );
      asked += calls.length;
      await pause(500);
      for (const { close } of calls) close();
    }
    on.destroy();
    return { says: `${asked} streams for ${paths.length} odd names`, happened: asked > 0 };
  },
};
