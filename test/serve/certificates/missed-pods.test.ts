/** Missed pods, counted by the certificate controller where Linkerd's control plane is used. */
import { expect } from "chai";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { createLog } from "../../../src/observe/log.ts";
import { missedPods } from "../../../src/serve/certificates/missed-pods.ts";
import { fakeApi } from "../../support/api-server.ts";
import { manualClock, settled } from "../../support/manual-clock.ts";

const namespace = (name: string, annotations: JsonObject, labels: JsonObject = {}): JsonObject => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name, annotations, labels },
});
const asks = { "linkerd.io/inject": "enabled" };
const pod = (name: string, where: string, more: JsonObject = {}): JsonObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: where, ...(more["metadata"] as JsonObject) },
  spec: { containers: [{ name: "app" }], ...(more["spec"] as JsonObject) },
  status: { phase: "Running", ...(more["status"] as JsonObject) },
});

const missed = [
  namespace("bank", {}),
  namespace("shop", asks),
  pod("web", "shop"),
  pod("asks-itself", "bank", { metadata: { annotations: asks } }),
];
const others = [
  namespace("linkerd", asks),
  namespace("away", asks, { "config.linkerd.io/admission-webhooks": "disabled" }),
  pod("meshed", "shop", { metadata: { labels: { "linkerd.io/control-plane-ns": "linkerd" } } }),
  pod("ended", "shop", { status: { phase: "Succeeded" } }),
  pod("failed", "shop", { status: { phase: "Failed" } }),
  pod("host", "shop", { spec: { hostNetwork: true } }),
  pod("ending", "shop", { metadata: { deletionTimestamp: "2026-03-01T12:00:00Z" } }),
  pod("opted-out", "shop", { metadata: { annotations: { "linkerd.io/inject": "disabled" } } }),
  pod("plain", "bank"),
  pod("weft", "linkerd"),
  pod("unseen", "away"),
];

describe("missed pods, counted without a controller of weft's own", () => {
  const begin = (...objects: readonly JsonObject[]) => {
    const api = fakeApi(...objects);
    const clock = manualClock();
    const ending = new AbortController();
    let text = "";
    const sink = { write: (line: string) => (text += line) };
    const log = createLog({ level: "info", format: "plain", sink, now: () => new Date(0) });
    const counted = missedPods({ ask: api.ask, log, clock, namespace: "linkerd", every: 120_000 });
    const follow = (): Promise<void> => counted.follow(ending.signal);
    return { api, clock, ending, follow, count: counted.count, log: () => text };
  };

  it("are those that asked, are seen and have no proxy", async () => {
    const { ending, count, follow } = begin(...missed, ...others);
    const followed = follow();
    await settled();
    expect(count()).to.equal(2);
    ending.abort();
    await followed;
  });

  it("are counted again after a while, and not before", async () => {
    const { api, clock, ending, count, follow } = begin(...missed);
    const followed = follow();
    await settled();
    api.remove("/api/v1/namespaces/shop/pods/web");
    await clock.advance(119_999);
    expect(count()).to.equal(2);
    await clock.advance(1);
    expect(count()).to.equal(1);
    ending.abort();
    await followed;
  });

  it("are none in a replica that does not lead, before and afterwards", async () => {
    const { ending, count, follow } = begin(...missed);
    expect(count()).to.equal(0);
    const followed = follow();
    expect(count(), "not counted yet").to.equal(undefined);
    await settled();
    ending.abort();
    await followed;
    expect(count()).to.equal(0);
  });

  it("are unknown while they cannot be listed, which is said once", async () => {
    const { api, clock, ending, count, follow, log } = begin(...missed);
    let isForbidden = true;
    api.answerWith(({ path }) =>
      isForbidden && path.endsWith("/pods") ? { status: 403, body: { message: "pods is forbidden" } } : undefined,
    );
    const followed = follow();
    await settled();
    await clock.advance(120_000);
    expect(count()).to.equal(undefined);
    expect(log().match(/missed pods cannot be counted/g)).to.have.lengthOf(1);
    isForbidden = false;
    await clock.advance(120_000);
    expect(count()).to.equal(2);
    expect(log()).to.include("missed pods are counted again");
    ending.abort();
    await followed;
  });

  it("are listed by their metadata, page by page, and without pods of the mesh", async () => {
    const many = Array.from({ length: 1200 }, (_, index) => pod(`web-${index}`, "shop"));
    const { api, ending, count, follow } = begin(namespace("shop", asks), ...many, ...others);
    const followed = follow();
    await settled();
    expect(count()).to.equal(1200);
    const lists = api.calls.filter(({ path }) => path === "/api/v1/pods");
    expect(lists).to.have.lengthOf(3);
    for (const { accept, query } of lists) {
      expect(accept).to.include("as=PartialObjectMetadataList");
      expect(query).to.include({ limit: "500", labelSelector: "!linkerd.io/control-plane-ns" });
    }
    ending.abort();
    await followed;
  });
});
