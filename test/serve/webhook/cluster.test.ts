import { expect } from "chai";
import { misses } from "../../../src/serve/webhook/owners.ts";
import { clusterOf, liveCluster } from "../../../src/serve/webhook/cluster.ts";
import type { LiveCluster } from "../../../src/serve/webhook/cluster.ts";
import type { WebhookOptions } from "../../../src/serve/webhook/flags.ts";
import { webhookOptions } from "../../../src/serve/webhook/flags.ts";
import { podReview } from "../../../src/cli/demo/review-body.ts";
import { defaultValues } from "../../../src/core/inject/settings/defaults.ts";
import type { EventChoice } from "../../../src/core/inject/messages/event.ts";
import { readInstallation } from "../../../src/core/inject/settings/installation.ts";
import { isObject } from "../../../src/core/base/json/json.ts";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { entries } from "../../../src/core/registration/entries.ts";
import { createLog } from "../../../src/observe/log.ts";
import { createWebhookMetrics } from "../../../src/observe/webhook-metrics.ts";
import type { WebhookMetrics } from "../../../src/observe/webhook-metrics.ts";
import type { Deadline } from "../../../src/async/until.ts";
import { webhookAnswers } from "../../../src/webhook/reviews/handlers.ts";
import { fakeApi } from "../../support/api-server.ts";
import type { FakeApi } from "../../support/api-server.ts";
import { until } from "../../support/until.ts";

const namespace = (name: string, inject?: string): JsonObject => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name, annotations: inject === undefined ? {} : { "linkerd.io/inject": inject } },
});

const replicaSet: JsonObject = {
  apiVersion: "apps/v1",
  kind: "ReplicaSet",
  metadata: {
    name: "web-1",
    namespace: "shop",
    ownerReferences: [{ apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: "uid-of-web" }],
  },
};

const pod: JsonObject = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    generateName: "web-1-",
    ownerReferences: [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: "web-1", uid: "uid-of-web-1" }],
  },
  spec: { containers: [{ name: "web", image: "web:1" }] },
};

const read = readInstallation({
  values: defaultValues,
  trustAnchors: { pem: "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", sha256: "0".repeat(64) },
  sha256: () => "",
});
if ("issues" in read) throw new Error("settings");
const { installation } = read.value;

const soon = (): Deadline => {
  const signal = AbortSignal.timeout(2000);
  return { at: performance.now() + 2000, signal: () => signal };
};

const given = webhookOptions({}, {});
if ("issues" in given) throw new Error("options");
const defaultValue = given.value;

describe("weft webhook in a cluster", () => {
  let api: FakeApi;
  let live: LiveCluster;
  let metrics: WebhookMetrics;
  let end: AbortController;
  const start = async (events: EventChoice = "asked"): Promise<void> => {
    end = new AbortController();
    metrics = createWebhookMetrics({
      version: "1.2.3",
      known: { annotations: new Set(), reasons: new Set() },
      inFlight: () => 0,
    });
    const now = (): Date => new Date();
    live = liveCluster(
      api,
      { ...defaultValue, events, instance: "weft-1" },
      {
        log: createLog({ level: "panic", format: "plain", sink: { write: () => undefined }, now }),
        metrics,
        now,
        end: end.signal,
        usePair: () => undefined,
      },
    );
    await until(live.ready);
  };
  const stop = async (): Promise<void> => {
    end.abort();
    await live.ended;
  };
  afterEach(() => stop());

  const review = async (
    entry: (typeof entries)[keyof typeof entries],
    { of = "shop", dryRun = false, object = pod } = {},
  ): Promise<JsonObject> => {
    const asked = podReview(object, { uid: "u-1", namespace: of });
    const request = { ...(asked["request"] as JsonObject), dryRun };
    const answer = webhookAnswers({ installation: () => installation, version: "1.2.3", ...live.lookups });
    const text = JSON.stringify({ ...asked, request });
    const { body, record } = await answer[entry.purpose](entry)(Buffer.from(text), soon());
    if (record !== undefined) live.recordEvent(record);
    return (JSON.parse(body) as JsonObject)["response"] as JsonObject;
  };
  const patchOf = ({ patch }: JsonObject): string => Buffer.from(String(patch ?? ""), "base64").toString("utf8");
  const eventsNow = async (): Promise<readonly JsonObject[]> => {
    const { body } = await api.ask({ method: "GET", path: "/api/v1/namespaces/shop/events" });
    return isObject(body) ? ((body["items"] ?? []) as JsonObject[]) : [];
  };

  it("injects what the namespace asks for, names the owner above, and tells it", async () => {
    api = fakeApi(namespace("shop", "enabled"), replicaSet);
    await start();
    const patch = patchOf(await review(entries.injectNamespace));
    expect(patch).to.contain('"linkerd.io/proxy-deployment":"web"');
    await stop();
    const [event] = await eventsNow();
    expect(event).to.deep.include({ reason: "Injected", reportingInstance: "weft-1" });
    expect(event?.["involvedObject"]).to.deep.include({ kind: "Deployment", name: "web", uid: "uid-of-web" });
  });

  it("tells nothing of a dry run", async () => {
    api = fakeApi(namespace("shop", "enabled"), replicaSet);
    await start();
    expect(patchOf(await review(entries.injectNamespace, { dryRun: true }))).to.contain("linkerd-proxy");
    await stop();
    expect(await eventsNow()).to.deep.equal([]);
  });

  const claiming = (kind: string, name: string, uid = "11111111-1111-1111-1111-111111111111"): JsonObject => ({
    ...pod,
    metadata: {
      name: "p",
      annotations: { "linkerd.io/inject": "enabled" },
      ownerReferences: [{ apiVersion: "apps/v1", kind, name, uid, controller: true }],
    },
  });
  const statefulSet = {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name: "store", namespace: "shop", uid: "uid-of-store" },
  };
  it("looks for a StatefulSet once, after the reviews, and invented ones at a rate", async () => {
    api = fakeApi(namespace("shop", "enabled"), replicaSet, statefulSet);
    await start();
    const store = claiming("StatefulSet", "store", "uid-of-store");
    for (let each = 0; each < 3; each += 1) await review(entries.injectPod, { object: store });
    for (let each = 0; each < 2 * misses.each.atOnce; each += 1)
      await review(entries.injectPod, { object: claiming("StatefulSet", `invented-${each}`) });
    await stop();
    const looks = api.calls.filter(({ path }) => path.includes("/statefulsets/"));
    expect(looks.filter(({ path }) => path.endsWith("/store")).length).to.equal(1);
    expect(looks.length).to.be.within(2, 1.5 * misses.each.atOnce);
    const told = await eventsNow();
    expect(told.map(({ involvedObject, count }) => [(involvedObject as JsonObject)["uid"], count])).to.deep.equal([
      ["uid-of-store", 3],
    ]);
  });

  const forged: readonly [claim: string, of: string, object: JsonObject, told: readonly string[], asked: number][] = [
    ["of a namespace that is not there", "nowhere", claiming("StatefulSet", "web"), [], 0],
    ["of a ReplicaSet in a namespace that is not there", "nowhere", claiming("ReplicaSet", "web-1"), [], 0],
    ["of a namespace that is a path", "../../../apis/x#", claiming("StatefulSet", "web"), [], 0],
    ["of a ReplicaSet that is not there", "shop", claiming("ReplicaSet", "invented"), [], 1],
    ["of a ReplicaSet that is a path", "shop", claiming("ReplicaSet", ".."), [], 0],
    ["of a name that is a path", "shop", claiming("StatefulSet", "x?dryRun=All"), [], 0],
    ["of a kind that weft cannot read", "shop", claiming("ReplicationController", "web"), ["Namespace"], 0],
    ["of a StatefulSet that is not there", "shop", claiming("StatefulSet", "web"), [], 0],
    ["of a DaemonSet that is not there", "shop", claiming("DaemonSet", "web"), [], 0],
    ["of a Deployment that only the pod names", "shop", claiming("Deployment", "web", "uid-of-web"), ["Namespace"], 0],
    ["of a kind that there is not", "shop", claiming("Invented", "web"), ["Namespace"], 0],
    ["of another namespace's uid", "shop", claiming("ReplicationController", "web", "uid-of-bank"), ["Namespace"], 0],
    ["of a StatefulSet's other uid", "shop", claiming("StatefulSet", "store", "uid-of-bank"), [], 0],
    ["of a StatefulSet that is there", "shop", claiming("StatefulSet", "store", "uid-of-store"), ["StatefulSet"], 0],
  ];
  for (const [claim, of, object, told, lookedUp] of forged) {
    it(`tells ${told.join() || "nothing"} ${claim}`, async () => {
      api = fakeApi(namespace("shop", "enabled"), replicaSet, statefulSet);
      await start();
      expect(patchOf(await review(entries.injectPod, { of, object }))).to.contain("linkerd-proxy");
      await stop();
      const sent = api.calls.filter(({ method }) => method !== "GET");
      expect(sent.map(({ body }) => ((body as JsonObject)["involvedObject"] as JsonObject)["kind"])).to.deep.equal(
        told,
      );
      expect(api.calls.filter(({ path }) => path.includes("replicasets")).length).to.equal(lookedUp);
    });
  }

  const borrowed: readonly [claim: string, object: JsonObject, told: string][] = [
    ["the Deployment that its ReplicaSet names", claiming("Deployment", "web", "uid-of-web"), "Deployment/web"],
    ["another Deployment by its uid", claiming("Deployment", "db", "uid-of-web"), "Namespace/shop"],
    ["a controller by its uid", claiming("ReplicationController", "web", "uid-of-web"), "Namespace/shop"],
  ];
  for (const [claim, object, told] of borrowed) {
    it(`of a pod that names ${claim} it is told on ${told}`, async () => {
      api = fakeApi(namespace("shop", "enabled"), replicaSet);
      await start();
      await review(entries.injectNamespace, { dryRun: true });
      await review(entries.injectPod, { object });
      await stop();
      const about = (await eventsNow()).map(({ involvedObject }) => involvedObject as JsonObject);
      expect(about.map(({ kind, name }) => `${String(kind)}/${String(name)}`)).to.deep.equal([told]);
    });
  }

  it("tells of an owner that only the pod names on the namespace, in words", async () => {
    api = fakeApi({ ...namespace("shop", "enabled"), metadata: { name: "shop", uid: "uid-of-shop" } });
    await start();
    await review(entries.injectPod, { object: claiming("ReplicationController", "web") });
    await stop();
    const [event] = await eventsNow();
    expect(event).to.deep.include({
      reason: "Injected",
      message: "Linkerd sidecar proxy injected (a pod of replicationcontroller/web, as it says)",
    });
    expect(event?.["involvedObject"]).to.deep.equal({
      apiVersion: "v1",
      kind: "Namespace",
      namespace: "shop",
      name: "shop",
      uid: "uid-of-shop",
    });
  });

  const unasked: readonly [which: EventChoice, reasons: readonly string[]][] = [
    ["asked", []],
    ["all", ["InjectionSkipped"]],
    ["none", []],
  ];
  for (const [which, reasons] of unasked) {
    it(`tells ${reasons.join() || "nothing"} of a pod that nobody asked to mesh with --events ${which}`, async () => {
      api = fakeApi(namespace("shop"), replicaSet);
      await start(which);
      expect((await review(entries.rest))["allowed"]).to.equal(true);
      await stop();
      expect((await eventsNow()).map(({ reason }) => reason)).to.deep.equal(reasons);
    });
  }

  it("reads a namespace again when the way of a request shows that the watch is behind", async () => {
    api = fakeApi(namespace("shop"), replicaSet);
    await start();
    api.freeze();
    api.put(namespace("shop", "enabled"));
    expect(patchOf(await review(entries.injectNamespace))).to.contain("linkerd-proxy");
    const { text } = await metrics.page();
    expect(text).to.match(/^weft_namespace_requests_total 1$/m);
    expect(text).to.match(/^weft_owner_lookups_total\{result="fetched"\} 1$/m);
  });

  it("asks for a namespace that it has not heard of", async () => {
    api = fakeApi(replicaSet);
    await start();
    api.freeze();
    api.put(namespace("shop", "enabled"));
    expect(patchOf(await review(entries.injectNamespace))).to.contain("linkerd-proxy");
  });

  it("says what it knows in /readyz?verbose", async () => {
    api = fakeApi(namespace("shop"));
    await start();
    const [check] = live.checks;
    expect(check?.look()).to.deep.equal({ fails: false, says: `1 known, ${api.server} last heard of 0 s ago` });
  });
});

describe("the cluster of weft webhook", () => {
  const optionsFor = (given: Parameters<typeof webhookOptions>[0]): WebhookOptions => {
    const options = webhookOptions(given, {});
    if ("issues" in options) throw new Error("options");
    return options.value;
  };
  const rows: readonly [claim: string, given: Parameters<typeof webhookOptions>[0], inPod: boolean, opens: boolean][] =
    [
      ["none on its own", {}, false, false],
      ["the pod's own in a pod", {}, true, true],
      ["none in a pod with --objects", { objects: ["a.yaml"] }, true, false],
      ["that of --kubeconfig", { kubeconfig: "config" }, false, true],
    ];
  for (const [claim, given, inPod, opens] of rows) {
    it(`is ${claim}`, () => {
      const env = inPod ? { KUBERNETES_SERVICE_HOST: "10.96.0.1", KUBERNETES_SERVICE_PORT: "443" } : {};
      expect(clusterOf(optionsFor(given), env) !== undefined).to.equal(opens);
    });
  }
});
