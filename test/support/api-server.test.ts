import { expect } from "chai";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import type { ApiCall, WatchEvent } from "../../src/kube/api.ts";
import { metadataOf, textIn } from "./api-paths.ts";
import { fakeApi } from "./api-server.ts";

const path = "/api/v1/namespaces/ns/configmaps";
const config = (name: string, data: JsonObject = {}): JsonObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { namespace: "ns", name, labels: { app: name } },
  data,
});

describe("the stand-in for an API server", () => {
  const rows: readonly [claim: string, call: ApiCall, status: number, data: unknown][] = [
    ["gives what is there", { method: "GET", path: `${path}/a` }, 200, { x: "1", y: "2" }],
    ["says what is not", { method: "GET", path: `${path}/b` }, 404, undefined],
    ["creates", { method: "POST", path, body: config("b", { z: "1" }) }, 201, { z: "1" }],
    ["creates once", { method: "POST", path, body: config("a") }, 409, undefined],
    ["updates", { method: "PUT", path: `${path}/a`, body: config("a", { z: "1" }) }, 200, { z: "1" }],
    [
      "refuses an update of an older version",
      { method: "PUT", path: `${path}/a`, body: { ...config("a"), metadata: { name: "a", resourceVersion: "1" } } },
      409,
      undefined,
    ],
    [
      "merges",
      {
        method: "PATCH",
        path: `${path}/a`,
        body: { data: { x: null, z: "1" } },
        contentType: "application/merge-patch+json",
      },
      200,
      { y: "2", z: "1" },
    ],
    [
      "patches by operations",
      {
        method: "PATCH",
        path: `${path}/a`,
        body: [
          { op: "test", path: "/data/x", value: "1" },
          { op: "remove", path: "/data/x" },
        ],
        contentType: "application/json-patch+json",
      },
      200,
      { y: "2" },
    ],
    [
      "refuses operations whose test fails",
      {
        method: "PATCH",
        path: `${path}/a`,
        body: [{ op: "test", path: "/data/x", value: "2" }],
        contentType: "application/json-patch+json",
      },
      422,
      undefined,
    ],
    [
      "applies what is not there yet",
      {
        method: "PATCH",
        path: `${path}/b`,
        body: config("b", { z: "1" }),
        contentType: "application/apply-patch+yaml",
      },
      201,
      { z: "1" },
    ],
  ];
  for (const [claim, call, status, data] of rows) {
    it(claim, async () => {
      const { ask } = fakeApi(config("a", { x: "1", y: "2" }));
      const answer = await ask(call);
      expect(answer.status).to.equal(status);
      expect((answer.body as JsonObject)["data"]).to.deep.equal(data);
      const dry = fakeApi(config("a", { x: "1", y: "2" }));
      const before = dry.stored(`${path}/a`);
      const dryAnswer = await dry.ask({ ...call, query: { dryRun: "All" } });
      expect(dryAnswer.status, "dry run").to.equal(status);
      expect(dry.stored(`${path}/a`), "dry run leaves no trace").to.deep.equal(before);
      expect(dry.stored(`${path}/b`), "dry run leaves no trace").to.equal(undefined);
    });
  }

  it("lists in pages, selected, metadata alone when that is asked for", async () => {
    const { ask } = fakeApi(config("a"), config("b"), config("c"));
    const names = async (query: Record<string, string>): Promise<[readonly unknown[], string | undefined]> => {
      const accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
      const { items, metadata } = (await ask({ method: "GET", path, query, accept })).body as {
        items: { kind: string; metadata: { name: string }; data?: unknown }[];
        metadata: { continue?: string };
      };
      for (const item of items) expect(Object.keys(item)).to.deep.equal(["kind", "apiVersion", "metadata"]);
      return [items.map((item) => item.metadata.name), metadata.continue];
    };
    const [first, more] = await names({ limit: "2" });
    expect(first).to.deep.equal(["a", "b"]);
    expect(await names({ limit: "2", continue: more ?? "" })).to.deep.equal([["c"], undefined]);
    expect((await names({ fieldSelector: "metadata.name=b" }))[0]).to.deep.equal(["b"]);
    expect((await names({ labelSelector: "app in (a, c),app!=a" }))[0]).to.deep.equal(["c"]);
  });

  it("tells watches what happened since their version, and 410 when it has forgotten", async () => {
    const fake = fakeApi(config("a"));
    const version = textIn(metadataOf(fake.stored(`${path}/a`) ?? {}), "resourceVersion");
    fake.put(config("b"));
    const seen: string[] = [];
    const told = ({ type, object }: WatchEvent): void => {
      seen.push(`${type} ${String((object["metadata"] as JsonObject | undefined)?.["name"] ?? object["code"])}`);
    };
    const query = { resourceVersion: version };
    const ended = fake.watch({ path, query }, told, new AbortController().signal);
    await new Promise(setImmediate);
    fake.remove(`${path}/a`);
    await new Promise(setImmediate);
    fake.endWatches();
    await ended;
    fake.compact();
    await fake.watch({ path, query }, told, new AbortController().signal);
    expect(seen).to.deep.equal(["ADDED b", "DELETED a", "ERROR 410"]);
  });
});
