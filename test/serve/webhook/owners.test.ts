import { expect } from "chai";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import type { ApiAnswer } from "../../../src/kube/api.ts";
import { owners } from "../../../src/serve/webhook/owners.ts";
import type { OwnersOptions } from "../../../src/serve/webhook/owners.ts";
import type { Deadline } from "../../../src/async/until.ts";
import { fakeApi } from "../../support/api-server.ts";

const replicaSet = (name: string): JsonObject => ({
  apiVersion: "apps/v1",
  kind: "ReplicaSet",
  metadata: {
    name,
    namespace: "shop",
    ownerReferences: [{ apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: "u1" }],
  },
});

const within = (milliseconds: number): Deadline => {
  const signal = AbortSignal.timeout(milliseconds);
  return { at: performance.now() + milliseconds, signal: () => signal };
};

const lookUp = (api: Pick<OwnersOptions, "ask">, options: Omit<OwnersOptions, "ask"> = {}) => {
  const results: string[] = [];
  const find = owners({ ask: api.ask, onLookup: (result) => results.push(result), ...options });
  return {
    results,
    find: async (name: string, deadline = within(1000)) =>
      (await find("ReplicaSet", "shop", name, deadline))?.owners.map((owner) => owner.name),
  };
};

describe("owners", () => {
  it("are asked for once, as metadata, and then remembered", async () => {
    const api = fakeApi(replicaSet("web-1"));
    const { find, results } = lookUp(api);
    expect(await find("web-1")).to.deep.equal(["web"]);
    expect(await find("web-1")).to.deep.equal(["web"]);
    expect(api.calls.map(({ path, accept }) => [path, accept])).to.deep.equal([
      [
        "/apis/apps/v1/namespaces/shop/replicasets/web-1",
        "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
      ],
    ]);
    expect(results).to.deep.equal(["fetched", "cached"]);
  });

  it("of a hundred pods at once cost one request", async () => {
    const api = fakeApi(replicaSet("web-1"));
    const { find } = lookUp(api);
    const found = await Promise.all(Array.from({ length: 100 }, () => find("web-1")));
    expect(found).to.deep.equal(Array.from({ length: 100 }, () => ["web"]));
    expect(api.calls.length).to.equal(1);
  });

  it("that are not there are looked for again after a second", async () => {
    const api = fakeApi();
    let now = 0;
    const { find, results } = lookUp(api, { now: () => now });
    expect(await find("web-1")).to.equal(undefined);
    api.put(replicaSet("web-1"));
    expect(await find("web-1")).to.equal(undefined);
    now = 1000;
    expect(await find("web-1")).to.deep.equal(["web"]);
    expect(results).to.deep.equal(["missing", "cached", "fetched"]);
  });

  const failures: readonly [claim: string, answer: () => ApiAnswer | Promise<ApiAnswer>][] = [
    ["a refusal", () => ({ status: 403, body: { kind: "Status", message: "forbidden" } })],
    ["a body that is not an object", () => ({ status: 200, body: null })],
    ["no connection", () => Promise.reject(new Error("connection refused"))],
  ];
  for (const [claim, answer] of failures) {
    it(`take ${claim} for not found, and ask again the next time`, async () => {
      let calls = 0;
      const { find, results } = lookUp({ ask: async () => ((calls += 1), answer()) });
      expect(await find("web-1")).to.equal(undefined);
      expect(await find("web-1")).to.equal(undefined);
      expect(results).to.deep.equal(["failed", "failed"]);
      expect(calls).to.equal(2);
    });
  }

  it("are waited for until the deadline, and the answer that comes later still counts", async () => {
    const slow = Promise.withResolvers<ApiAnswer>();
    const { find } = lookUp({ ask: () => slow.promise });
    expect(await find("web-1", within(10))).to.equal(undefined);
    slow.resolve({ status: 200, body: replicaSet("web-1") });
    await slow.promise;
    expect(await find("web-1")).to.deep.equal(["web"]);
  });

  it("cost no pod more than half of its time", async () => {
    const { find } = lookUp({ ask: () => new Promise<ApiAnswer>(() => undefined) });
    const deadline = within(100);
    const late = deadline.signal();
    expect(await find("web-1", deadline)).to.equal(undefined);
    expect(late.aborted).to.equal(false);
  });

  it("are refused when too many are asked for at once", async () => {
    const never = new Promise<ApiAnswer>(() => undefined);
    const { find, results } = lookUp({ ask: () => never });
    for (let index = 0; index < 64; index += 1) void find(`web-${index}`, within(50));
    expect(await find("web-64", within(50))).to.equal(undefined);
    expect(results).to.deep.equal(["failed"]);
  });

  it("are forgotten when they are many, those that were not asked for lately first", async () => {
    const names = ["a", "b", "c"];
    const api = fakeApi(...names.map(replicaSet));
    const { find, results } = lookUp(api, { most: 2 });
    for (const name of ["a", "b", "a", "c", "a", "b"]) await find(name);
    expect(results).to.deep.equal(["fetched", "fetched", "cached", "fetched", "cached", "fetched"]);
  });

  describe("whose names are none, or are invented,", () => {
    const names = ["", ".", "..", "a/b", "x?dryRun=All", "a#", "%2e%2e", "Web", "\ud800", "a".repeat(254)];
    for (const name of names) {
      it(`such as ${JSON.stringify(name.slice(0, 20))}, are not asked for`, async () => {
        const api = fakeApi();
        const { find, results } = lookUp(api);
        expect([await find(name), api.calls, results]).to.deep.equal([undefined, [], ["missing"]]);
      });
    }

    const namespaced = (options: Omit<OwnersOptions, "ask"> = {}) => {
      const asked = new Map<string, number>();
      const find = owners({
        ask: async ({ path }) => {
          const [namespace = "", , name = ""] = path.split("/").slice(5);
          asked.set(namespace, (asked.get(namespace) ?? 0) + 1);
          return name.startsWith("web") ? { status: 200, body: replicaSet(name) } : { status: 404, body: null };
        },
        ...options,
      });
      return { asked, find: (namespace: string, name: string) => find("ReplicaSet", namespace, name, within(5000)) };
    };

    it("cost their namespace its look-ups, and others none", async () => {
      let now = 0;
      const { asked, find } = namespaced({ now: () => now });
      for (let index = 0; index < 1000; index += 1) await find("evil", `rs-${index}`);
      expect(asked.get("evil")).to.equal(64);
      expect((await find("shop", "web-1"))?.owners.length).to.equal(1);
      now += 1000;
      for (let index = 0; index < 1000; index += 1) await find("evil", `rs-${index}`);
      expect(asked.get("evil")).to.equal(74);
    });

    it("leave others their places, however many come at once", async () => {
      const { asked, find } = namespaced({ now: () => 0 });
      for (let index = 0; index < 64; index += 1) await find("evil", `rs-${index}`);
      const evil = Array.from({ length: 200 }, async (_, index) => find("evil", `more-${index}`));
      expect((await find("shop", "web-1"))?.owners.length).to.equal(1);
      await Promise.all(evil);
      expect(asked.get("evil")).to.equal(64);
    });

    it("of every namespace are few in all", async () => {
      const { asked, find } = namespaced({ now: () => 0 });
      for (let index = 0; index < 1000; index += 1) await find(`n${index % 100}`, `rs-${index}`);
      expect([...asked.values()].reduce((sum, count) => sum + count, 0)).to.equal(256);
    });

    it("are no reason to leave one out that is there: those cost nothing", async () => {
      const results: string[] = [];
      const { asked, find } = namespaced({ now: () => 0, onLookup: (result) => results.push(result) });
      for (let index = 0; index < 1000; index += 1) await find("shop", `web-${index}`);
      expect([asked.get("shop"), new Set(results)]).to.deep.equal([1000, new Set(["fetched"])]);
    });

    it("are counted as refused", async () => {
      const results: string[] = [];
      const { find } = namespaced({ now: () => 0, onLookup: (result) => results.push(result) });
      for (let index = 0; index < 65; index += 1) await find("shop", `rs-${index}`);
      expect(results.slice(63)).to.deep.equal(["missing", "refused"]);
    });
  });

  it("are told as there, with who made them", async () => {
    const api = fakeApi({
      ...replicaSet("web-1"),
      metadata: { ...(replicaSet("web-1")["metadata"] as object), uid: "r1" },
    });
    const read: unknown[] = [];
    const { find } = lookUp(api, { onRead: (...what) => read.push(what) });
    await find("web-1");
    await find("web-2");
    const inShop = { apiVersion: "apps/v1", namespace: "shop" };
    expect(read).to.deep.equal([
      [
        [
          { ...inShop, kind: "ReplicaSet", name: "web-1", uid: "r1" },
          { ...inShop, kind: "Deployment", name: "web", uid: "u1" },
        ],
      ],
    ]);
  });
});
