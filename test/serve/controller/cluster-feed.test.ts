import { expect } from "chai";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { clusterIndex } from "../../../src/core/view/index.ts";
import type { ClusterIndex } from "../../../src/core/view/index.ts";
import { feedCluster, mostKept } from "../../../src/serve/controller/cluster-feed.ts";
import type { ClusterFeed } from "../../../src/serve/controller/cluster-feed.ts";
import { fakeApi, status } from "../../support/api-server.ts";
import type { FakeApi } from "../../support/api-server.ts";
import { manualClock, settled } from "../../support/manual-clock.ts";
import type { ManualClock } from "../../support/manual-clock.ts";

const object = (apiVersion: string, kind: string, name: string, rest: JsonObject = {}, namespace = "shop") => ({
  apiVersion,
  kind,
  metadata: { name, ...(namespace === "" ? {} : { namespace }) },
  ...rest,
});

const cluster = [
  object("v1", "Pod", "web-1", { status: { phase: "Running", podIP: "10.1.0.1" } }),
  object("v1", "Service", "web", { spec: { clusterIP: "10.2.0.1" } }),
  {
    ...object("discovery.k8s.io/v1", "EndpointSlice", "web-x"),
    metadata: { name: "web-x", namespace: "shop", labels: { "kubernetes.io/service-name": "web" } },
  },
  object("v1", "Node", "n1", {}, ""),
  object("v1", "Namespace", "shop", {}, ""),
];

const server = (version: string, name = "web", rest: JsonObject = {}) =>
  object(`policy.linkerd.io/${version}`, "Server", name, rest);

/** Discovery of a group: version → kinds. */
const discovery = (versions: Readonly<Record<string, readonly string[]>>, group: string) => (path: string) => {
  if (path === `/apis/${group}`) {
    return { status: 200, body: { versions: Object.keys(versions).map((version) => ({ version })) } };
  }
  const kinds = versions[path.replace(`/apis/${group}/`, "")];
  const resources = kinds?.flatMap((kind) => {
    const name = kind === "NetworkPolicy" ? "networkpolicies" : `${kind.toLowerCase()}s`;
    return [name, `${name}/status`].map((each) => ({ kind, name: each, namespaced: true }));
  });
  return resources === undefined ? undefined : { status: 200, body: { resources } };
};

describe("the cluster brought into an index", () => {
  let fake: FakeApi;
  let clock: ManualClock;
  let index: ClusterIndex;
  let ending: AbortController;
  let feed: ClusterFeed;
  let failures: string[];
  let told: string[];
  let left: string[];
  const start = async (...objects: readonly JsonObject[]): Promise<void> => {
    fake = fakeApi(...objects);
    begin();
    await settled();
  };
  const begin = (most: Partial<typeof mostKept> = {}): void => {
    [clock, index, ending, failures, told] = [manualClock(), clusterIndex(), new AbortController(), [], []];
    left = [];
    feed = feedCluster({
      api: fake,
      index,
      clock,
      random: () => 0,
      signal: ending.signal,
      onFailure: (what, { message }) => failures.push(`${what}: ${message}`),
      onPolicyKinds: (kinds) => told.push(kinds.join()),
      onLeftOut: (namespace, kind, isLeftOut) => left.push(`${kind} of ${namespace}: ${isLeftOut}`),
      most: { ...mostKept, ...most },
    });
  };
  const discover = (versions: Readonly<Record<string, readonly string[]>>, group = "policy.linkerd.io"): void =>
    fake.answerWith(({ path }) => discovery(versions, group)(path));
  const servers = (): readonly string[] =>
    index
      .view()
      .policies("Server", "shop")
      .map(({ name, spec }) => `${name}${JSON.stringify(spec)}`);
  afterEach(async () => {
    ending.abort();
    await feed.ended;
    expect(fake.watches(), "watches left open").to.equal(0);
    expect(clock.waits(), "waits left").to.deep.equal([]);
  });

  it("is whole when every kind was read", async () => {
    await start(...cluster);
    await feed.whenSynced;
    const view = index.view();
    expect([
      view.pod("shop", "web-1")?.ips,
      view.serviceAt("10.2.0.1")?.name,
      view.slicesOf("shop", "web").length,
      view.node("n1")?.name,
      view.namespace("shop")?.name,
    ]).to.deep.equal([["10.1.0.1"], "web", 1, "n1", "shop"]);
    expect([feed.synced(), feed.missing(), feed.silence()]).to.deep.equal([true, [], 0]);
    expect([failures, told]).to.deep.equal([[], [""]]);
  });

  it("follows what changes and what goes", async () => {
    await start(...cluster);
    fake.put(object("v1", "Pod", "web-1", { status: { phase: "Running", podIP: "10.1.0.2" } }));
    fake.remove("/api/v1/namespaces/shop/services/web");
    await settled();
    expect([index.view().podsAt("10.1.0.2").length, index.size("Service")]).to.deep.equal([1, 0]);
  });

  const unread: readonly [claim: string, path: string, missing: string][] = [
    ["a kind that may not be listed", "/api/v1/pods", "Pod"],
    ["policies that nobody can tell of", "/apis/policy.linkerd.io", "policy.linkerd.io"],
  ];
  for (const [claim, path, missing] of unread) {
    it(`is not whole without ${claim}`, async () => {
      fake = fakeApi(...cluster);
      fake.answerWith((call) => (call.path === path ? status(403, "Forbidden", "no") : undefined));
      begin();
      await settled();
      expect([feed.synced(), feed.missing()]).to.deep.equal([false, [missing]]);
      expect(failures.length).to.equal(1);
      expect(failures[0]).to.include("HTTP 403: no");
      fake.answerWith(() => undefined);
      await clock.advance(500);
      expect(feed.synced()).to.equal(true);
    });
  }

  it("reads each policy resource in the best version that is served", async () => {
    fake = fakeApi(...cluster, server("v1beta3"), server("v1beta1", "old"));
    discover({ v1alpha1: ["NetworkPolicy", "Server"], v1beta1: ["Server"], v1beta3: ["Server"] });
    begin();
    await settled();
    expect(servers()).to.deep.equal(["web{}"]);
    expect(told).to.deep.equal(["Server,NetworkPolicy"]);
    expect(feed.synced()).to.equal(true);
  });

  it("takes up a CRD that comes later, and forgets one that has gone for two looks", async () => {
    await start(...cluster, server("v1beta3"));
    expect(servers()).to.deep.equal([]);
    discover({ v1beta3: ["Server"] });
    await clock.advance(30_000);
    expect(servers()).to.deep.equal(["web{}"]);
    fake.answerWith(() => undefined);
    await clock.advance(30_000);
    expect(servers(), "missed once").to.deep.equal(["web{}"]);
    await clock.advance(30_000);
    expect([servers(), told]).to.deep.equal([[], ["", "Server", ""]]);
    expect(fake.watches()).to.equal(5);
  });

  it("reads routes of the Gateway API, apart from those of the same name of Linkerd's", async () => {
    const route = object("gateway.networking.k8s.io/v1", "HTTPRoute", "web");
    fake = fakeApi(...cluster, route, object("policy.linkerd.io/v1beta3", "HTTPRoute", "own"));
    discover({ v1: ["HTTPRoute"], v1beta1: ["HTTPRoute"] }, "gateway.networking.k8s.io");
    begin();
    await settled();
    const names = (["HTTPRoute", "GatewayHTTPRoute", "GatewayGRPCRoute"] as const).map((kind) =>
      index
        .view()
        .policies(kind, "shop")
        .map(({ name }) => name),
    );
    expect([told, names]).to.deep.equal([["GatewayHTTPRoute"], [[], ["web"], []]]);
  });

  it("reads splits where their definition is: installed later, in the best version, and forgotten when it goes", async () => {
    const split = (version: string) => object(`split.smi-spec.io/${version}`, "TrafficSplit", "lines");
    await start(...cluster, split("v1alpha1"), split("v1alpha4"));
    await settled();
    const seen = () => [
      index
        .view()
        .policies("TrafficSplit", "shop")
        .map(({ name }) => name),
      feed.policyResources().get("TrafficSplit"),
    ];
    expect([feed.synced(), ...seen()]).to.deep.equal([true, [], undefined]);
    discover({ v1alpha1: ["TrafficSplit"], v1alpha4: ["TrafficSplit"] }, "split.smi-spec.io");
    await clock.advance(30_000);
    expect(seen()).to.deep.equal([["lines"], "/apis/split.smi-spec.io/v1alpha4/trafficsplits"]);
    discover({}, "split.smi-spec.io");
    await clock.advance(60_000);
    expect(seen()).to.deep.equal([[], undefined]);
  });

  it("policies stay while discovery fails", async () => {
    fake = fakeApi(...cluster, server("v1beta3"));
    discover({ v1beta3: ["Server"] });
    begin();
    await settled();
    fake.answerWith(({ path }) => (path.startsWith("/apis/policy") ? status(503, "Unavailable", "no") : undefined));
    await clock.advance(300_000);
    expect(servers()).to.deep.equal(["web{}"]);
  });

  it("goes over to another version without forgetting what is in both", async () => {
    fake = fakeApi(...cluster, server("v1beta1", "both"), server("v1beta1", "one"), server("v1beta3", "both"));
    discover({ v1beta1: ["Server"] });
    begin();
    await settled();
    expect(servers()).to.deep.equal(["both{}", "one{}"]);
    discover({ v1beta1: ["Server"], v1beta3: ["Server"] });
    const size = index.size("Server");
    await clock.advance(30_000);
    expect([size, servers()]).to.deep.equal([2, ["both{}"]]);
  });

  describe("with more policies than there is room for", () => {
    const large = (name: string, namespace: string, size = 3000): JsonObject =>
      object("policy.linkerd.io/v1beta3", "Server", name, { spec: { description: "x".repeat(size) } }, namespace);
    const known = () =>
      (["evil", "shop"] as const).map((each) =>
        index
          .view()
          .policies("Server", each)
          .map(({ name }) => name),
      );
    const leftOut = () => (["evil", "shop"] as const).map((each) => index.view().leftOut(each));
    const full = async (...more: readonly JsonObject[]): Promise<void> => {
      fake = fakeApi(...cluster, ...[1, 2, 3].map((each) => large(`s${each}`, "evil")), ...more);
      discover({ v1beta3: ["Server", "AuthorizationPolicy"] });
      begin({ policies: 12_000 });
      await settled();
    };

    it("others come, and what the namespace that has most took last goes; the watch goes on", async () => {
      await full();
      expect([known(), leftOut(), left]).to.deep.equal([[["s1", "s2", "s3"], []], [[], []], []]);
      fake.put(large("web", "shop"));
      await settled();
      expect(known()).to.deep.equal([["s1", "s2"], ["web"]]);
      expect([leftOut(), left]).to.deep.equal([[["Server"], []], ["Server of evil: true"]]);
      fake.put(large("s4", "evil"));
      fake.put(large("small", "shop", 100));
      await settled();
      expect(known()).to.deep.equal([
        ["s1", "s2"],
        ["small", "web"],
      ]);
      expect([feed.leftOut().policies.Server, failures, feed.synced()]).to.deep.equal([2, [], true]);
    });
    it("so it is with more of one kind than are looked at, whatever room there is", async () => {
      fake = fakeApi(...cluster, ...[1, 2, 3].map((each) => large(`s${each}`, "evil")), large("web", "shop"));
      discover({ v1beta3: ["Server", "AuthorizationPolicy"] });
      begin({ ofOneKind: 2 });
      await settled();
      fake.put(large("s0", "evil"));
      fake.put(large("api", "shop"));
      await settled();
      expect(known()).to.deep.equal([
        ["s1", "s2"],
        ["api", "web"],
      ]);
      expect([leftOut(), left, failures]).to.deep.equal([[["Server"], []], ["Server of evil: true"], []]);
    });
    it("so it is when they are listed", async () => {
      await full(large("web", "shop"));
      expect(known()).to.deep.equal([["s1", "s2"], ["web"]]);
      expect([leftOut(), left, failures]).to.deep.equal([[["Server"], []], ["Server of evil: true"], []]);
    });
    it("one that grows stays, for those that came last", async () => {
      await full();
      fake.put(large("s2", "evil", 7000));
      await settled();
      expect([known()[0], leftOut()[0]]).to.deep.equal([["s1", "s2"], ["Server"]]);
    });
    it("the last that grows is left out, and not kept as it was", async () => {
      await full();
      fake.put(large("s3", "evil", 7000));
      await settled();
      expect([known()[0], leftOut()[0]]).to.deep.equal([["s1", "s2"], ["Server"]]);
    });
    it("one that has grown when they are listed anew stays, too", async () => {
      await full();
      fake.endWatches();
      fake.put(large("s1", "evil", 6000));
      await clock.advance(40 * 60_000);
      expect([known()[0], leftOut()[0]]).to.deep.equal([["s1", "s2"], ["Server"]]);
    });
    it("when there is room again all of them are known at the next list, which comes soon", async () => {
      await full(large("web", "shop"));
      fake.remove("/apis/policy.linkerd.io/v1beta3/namespaces/shop/servers/web");
      await settled();
      expect(leftOut()[0]).to.deep.equal(["Server"]);
      await clock.advance(4 * 60_000);
      fake.endWatches();
      await clock.advance(60_000);
      fake.endWatches();
      await settled();
      expect([known()[0], leftOut()[0]]).to.deep.equal([["s1", "s2", "s3"], []]);
      expect(left).to.deep.equal(["Server of evil: true", "Server of evil: false"]);
    });
    it("a definition that goes takes along what was left out", async () => {
      await full(large("web", "shop"));
      discover({ v1beta3: ["AuthorizationPolicy"] });
      await clock.advance(70_000);
      expect([known(), leftOut()]).to.deep.equal([
        [[], []],
        [[], []],
      ]);
    });
  });

  describe("with more pods and Services than there is room for", () => {
    const pod = (name: string, namespace: string): JsonObject =>
      object("v1", "Pod", name, { spec: { containers: [{ ports: [{ name: "x".repeat(2000) }] }] } }, namespace);
    const service = (name: string, namespace: string, selector = 2000): JsonObject =>
      object("v1", "Service", name, { spec: { selector: { app: "x".repeat(selector) } } }, namespace);
    const names = (namespace: string): readonly string[] =>
      [...index.view().podsIn(namespace), ...index.view().servicesIn(namespace)].map(({ name }) => name);
    const full = async (...more: readonly JsonObject[]): Promise<void> => {
      const evil = [1, 2, 3, 4].map((each) => pod(`p${each}`, "evil"));
      fake = fakeApi(...cluster, service("s1", "evil"), ...evil, ...more);
      discover({ v1beta3: ["Server"] });
      begin({ others: 20_000 });
      await settled();
    };

    it("others' come and stay, and the namespace that has most goes without what came last", async () => {
      await full();
      expect([names("evil"), left]).to.deep.equal([["p1", "p2", "p3", "p4", "s1"], []]);
      for (const each of [1, 2, 3]) fake.put(service(`s${each}`, "good"));
      for (const each of [5, 6, 7]) fake.put(pod(`p${each}`, "evil"));
      await settled();
      expect([names("good"), names("shop"), failures]).to.deep.equal([["s1", "s2", "s3"], ["web-1", "web"], []]);
      expect(names("evil").length).to.be.within(2, 4);
      expect(index.view().leftOut("evil")).to.include("Pod");
      expect(index.view().leftOut("good")).to.deep.equal([]);
      expect(feed.leftOut().others.Pod).to.be.greaterThan(2);
      expect(left[0]).to.match(/^(Pod|Service) of evil: true$/);
    });
    it("what is known is not lost when it changes, whatever comes", async () => {
      await full();
      for (const each of [5, 6, 7, 8]) fake.put(pod(`p${each}`, "evil"));
      for (let change = 0; change < 20; change += 1) fake.put(service("s1", "evil", 2000 + (change % 2)));
      await settled();
      const selector = index.view().service("evil", "s1")?.selector["app"];
      expect([selector?.length, names("evil").slice(0, 2)]).to.deep.equal([2001, ["p1", "p2"]]);
    });
    it("Nodes and Namespaces have a room of their own, and none is left out", async () => {
      await full(object("v1", "Node", "n2", {}, ""), object("v1", "Namespace", "evil", {}, ""));
      const { node, namespace } = index.view();
      expect([node("n2")?.name, namespace("evil")?.name, failures]).to.deep.equal(["n2", "evil", []]);
    });
  });

  it("keeps everything while the server is away", async () => {
    await start(...cluster);
    fake.answerWith(() => {
      throw new Error("connection refused");
    });
    fake.endWatches(new Error("cut"));
    await clock.advance(600_000);
    expect([index.size("Pod"), index.size("Service"), feed.synced()]).to.deep.equal([1, 1, true]);
    expect(feed.silence()).to.be.greaterThan(500_000);
  });
});
