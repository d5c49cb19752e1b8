import { expect } from "chai";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import { Refused, patchObject, readObject, updated } from "../../src/kube/objects.ts";
import { fakeApi, status } from "./api-server.ts";

const path = "/api/v1/namespaces/weft/secrets/weft-tls";
const secret = (data: JsonObject = {}): JsonObject => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { namespace: "weft", name: "weft-tls" },
  data,
});
const dataOf = (object: JsonObject | undefined): unknown => object?.["data"];
const withKey = (object: JsonObject, key: string): JsonObject => ({
  ...object,
  data: { ...(object["data"] as JsonObject), [key]: "1" },
});

const refusal = async (asked: Promise<unknown>): Promise<string> => {
  try {
    await asked;
  } catch (error) {
    return error instanceof Refused ? `${error.status}, ${error.message}` : String(error);
  }
  return "none";
};

describe("objects", () => {
  it("are read; what is not there is undefined, a refusal is a rejection", async () => {
    const fake = fakeApi(secret({ a: "1" }));
    expect(dataOf(await readObject(fake.ask, path))).to.deep.equal({ a: "1" });
    expect(await readObject(fake.ask, `${path}-2`)).to.equal(undefined);
    fake.answerWith(() => status(403, "Forbidden", "may not"));
    expect(await refusal(readObject(fake.ask, path))).to.equal(`403, GET ${path}: HTTP 403: may not`);
  });

  it("lose nobody's change, however many write at once", async () => {
    const fake = fakeApi(secret());
    const keys = ["a", "b", "c", "d", "e"];
    const writer = (key: string): Promise<JsonObject> => updated(fake.ask, path, (object) => withKey(object, key));
    await Promise.all(keys.map(writer));
    expect(Object.keys(dataOf(fake.stored(path)) as object).toSorted()).to.deep.equal(keys);
  });

  it("are not written when nothing changes", async () => {
    const fake = fakeApi(secret({ a: "1" }));
    await updated(fake.ask, path, (object) => object);
    expect(fake.calls.map(({ method }) => method)).to.deep.equal(["GET"]);
  });

  it("are left alone after ten conflicts, and when they are not there", async () => {
    const fake = fakeApi(secret());
    fake.answerWith(({ method }) => (method === "PUT" ? status(409, "Conflict", "modified") : undefined));
    const change = (object: JsonObject): JsonObject => withKey(object, "a");
    expect(await refusal(updated(fake.ask, path, change))).to.equal(`409, PUT ${path}: HTTP 409: modified`);
    expect(fake.calls.length).to.equal(20);
    expect(await refusal(updated(fake.ask, `${path}-2`, change))).to.match(/^404, GET /);
  });

  it("are patched; a guard that fails is a refusal, a dry run leaves no trace", async () => {
    const fake = fakeApi(secret({ a: "1" }));
    const body = [
      { op: "test", path: "/data/a", value: "1" },
      { op: "replace", path: "/data/a", value: "2" },
    ];
    const dry = await patchObject(fake.ask, path, { type: "json", body }, { query: { dryRun: "All" } });
    expect([dataOf(dry), dataOf(fake.stored(path))]).to.deep.equal([{ a: "2" }, { a: "1" }]);
    expect(dataOf(await patchObject(fake.ask, path, { type: "json", body }))).to.deep.equal({ a: "2" });
    expect(await refusal(patchObject(fake.ask, path, { type: "json", body }))).to.match(/^422, PATCH /);
  });
});
