import { expect } from "chai";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import { Refused, patchObject, putObject, readObject } from "../../src/kube/objects.ts";
import { fakeApi, status } from "../support/api-server.ts";

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

  it("are written back, and not when somebody else wrote since", async () => {
    const fake = fakeApi(secret());
    const old = (await readObject(fake.ask, path)) ?? {};
    expect(dataOf(await putObject(fake.ask, path, withKey(old, "a")))).to.deep.equal({ a: "1" });
    expect(await refusal(putObject(fake.ask, path, withKey(old, "b")))).to.match(/^409, PUT /);
    expect(dataOf(fake.stored(path))).to.deep.equal({ a: "1" });
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
