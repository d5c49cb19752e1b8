/** A program for `trace.test.ts`: the whole webhook in a cluster, and the files that one review enters, as JSON. */
import { once } from "node:events";
import { request } from "node:https";
import { setTimeout as pause } from "node:timers/promises";
import { podReview } from "../../../src/cli/demo/review-body.ts";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { entries } from "../../../src/core/registration/entries.ts";
import { liveCluster } from "../../../src/serve/webhook/cluster.ts";
import { webhookOptions } from "../../../src/serve/webhook/flags.ts";
import { webhook } from "../../../src/serve/webhook/server.ts";
import type { WebhookStarted } from "../../../src/serve/webhook/server.ts";
import { filesEntered } from "./entered.ts";
import { fakeApi } from "../../support/api-server.ts";

const [trustAnchors = ""] = process.argv.slice(2);
const options = webhookOptions(
  { address: "127.0.0.1:0", adminAddress: "127.0.0.1:0", gracePeriod: "0s", trustAnchors },
  {},
);
if ("issues" in options) throw new Error("options");

const madeBy = (kind: string, name: string): JsonObject[] => [{ apiVersion: "apps/v1", kind, name, uid: `of-${name}` }];
const api = fakeApi(
  {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "shop", annotations: { "linkerd.io/inject": "enabled" } },
  },
  {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: { name: "web-1", namespace: "shop", ownerReferences: madeBy("Deployment", "web") },
  },
);
/** No two of them are alike: of those that are, the second is not injected. */
const pod = (version: number): JsonObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { generateName: "web-1-", ownerReferences: madeBy("ReplicaSet", "web-1") },
  spec: { containers: [{ name: "web", image: `web:${version}` }] },
});
let sentBefore = 0;

async function review({ address: { port }, certificate: ca }: WebhookStarted): Promise<void> {
  const path = `${entries.injectNamespace.path}?timeout=30s`;
  const headers = { "content-type": "application/json" };
  const sent = request({ host: "127.0.0.1", port, ca, method: "POST", agent: false, path, headers });
  sentBefore += 1;
  sent.end(JSON.stringify(podReview(pod(sentBefore), { uid: "u-1", namespace: "shop" })));
  const [response] = await once(sent, "response");
  await response.setEncoding("utf8").toArray();
  await pause(0);
}

const [stop, started] = [new AbortController(), Promise.withResolvers<WebhookStarted>()];
const ended = webhook(
  options.value,
  {
    version: "0.0.0",
    openCluster: async (world) => ({ value: liveCluster(api, { ...options.value, instance: "weft-1" }, world) }),
  },
  { now: () => new Date(), log: { write: () => true }, signal: stop.signal, started: started.resolve },
);
const serving = await Promise.race([started.promise, ended.then(() => started.promise)]);
process.stdout.write(JSON.stringify(await filesEntered(() => review(serving))));
stop.abort();
await ended;
