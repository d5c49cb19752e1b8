/** An API server in memory whose forwards lead to proxies that serve recorded pages. */
import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import type { PodRef } from "../../src/kube/forward.ts";
import { fakeApi } from "./api-server.ts";
import type { FakeApi } from "./api-server.ts";
import { served } from "./api-http.ts";
import { forwards } from "./kubelet.ts";
import type { Forwards, Refuse } from "./kubelet.ts";

export interface TrafficCluster {
  readonly api: FakeApi;
  /** A file that leads there. */
  readonly kubeconfig: string;
  readonly forwards: Forwards;
  /** Paths that proxies were asked for, each with its pod. */
  readonly asked: readonly string[];
  readonly stop: () => Promise<void>;
}

/** The page of a pod's proxy; a text with `!` before it: why nobody is there. `times`: how often it was asked before. */
export type PageOf = (pod: PodRef, times: number) => string;

export async function trafficCluster(
  folder: string,
  objects: readonly JsonObject[],
  pageOf: PageOf,
  refuse?: Refuse,
): Promise<TrafficCluster> {
  const api = fakeApi(...objects);
  const cluster = await served(api);
  const asked: string[] = [];
  const counts = new Map<string, number>();
  // Who is behind a connection, by the port that it comes from.
  const behind = new Map<number, PodRef>();
  const proxies = createServer((request, response) => {
    const pod = behind.get(request.socket.remotePort ?? 0) ?? { namespace: "", name: "" };
    const key = `${pod.namespace}/${pod.name}`;
    const times = counts.get(key) ?? 0;
    counts.set(key, times + 1);
    asked.push(`${key}${request.url}`);
    response.setHeader("content-encoding", "gzip").end(gzipSync(pageOf(pod, times), { level: 1 }));
  });
  proxies.listen(0, "127.0.0.1");
  await once(proxies, "listening");
  const { port } = proxies.address() as AddressInfo;
  const open = forwards(
    cluster.server,
    async (pod) => {
      const page = pageOf(pod, 0);
      if (page.startsWith("!")) return page.slice(1);
      const socket = connect(port, "127.0.0.1");
      await once(socket, "connect");
      behind.set(socket.localPort ?? 0, pod);
      return socket;
    },
    refuse,
  );
  const kubeconfig = join(folder, "kubeconfig");
  writeFileSync(kubeconfig, cluster.kubeconfig);
  return {
    api,
    kubeconfig,
    forwards: open,
    asked,
    stop: async () => {
      open.cut();
      proxies.close();
      proxies.closeAllConnections();
      await cluster.stop();
    },
  };
}
