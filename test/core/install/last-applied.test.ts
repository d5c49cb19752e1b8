import { expect } from "chai";
import { comparable } from "../../../src/core/install/comparable.ts";
import { withoutForgotten } from "../../../src/core/install/last-applied.ts";
import type { JsonObject } from "../../../src/core/base/json/json.ts";

const live = (applied: JsonObject | string): JsonObject => ({
  metadata: {
    annotations: {
      "kubectl.kubernetes.io/last-applied-configuration":
        typeof applied === "string" ? applied : JSON.stringify(applied),
    },
  },
});

describe("what kubectl apply takes away", () => {
  const rows: readonly [
    claim: string,
    applied: JsonObject | string,
    wanted: JsonObject,
    result: JsonObject,
    expected: JsonObject,
  ][] = [
    ["a member that is not wanted any more", { a: { b: 1 } }, { a: {} }, { a: { b: 1, c: 2 } }, { a: { c: 2 } }],
    [
      "no annotation of others, where it has none",
      { metadata: { annotations: {} } },
      { metadata: { name: "x" } },
      { metadata: { name: "x", annotations: { other: "1" } } },
      { metadata: { name: "x", annotations: { other: "1" } } },
    ],
    ["not what others set", { a: {} }, { a: {} }, { a: { c: 2 } }, { a: { c: 2 } }],
    [
      "an item of a list of named things",
      { list: [{ name: "x" }, { name: "y" }] },
      { list: [{ name: "x" }] },
      { list: [{ name: "x" }, { name: "y" }, { name: "z" }] },
      { list: [{ name: "x" }, { name: "z" }] },
    ],
    [
      "a member of a named thing",
      { list: [{ name: "x", a: 1 }] },
      { list: [{ name: "x" }] },
      { list: [{ name: "x", a: 1, b: 2 }] },
      { list: [{ name: "x", b: 2 }] },
    ],
    ["nothing of a list that is replaced", { list: ["a", "b"] }, { list: ["a"] }, { list: ["a"] }, { list: ["a"] }],
    ["nothing when the note cannot be read", "{", {}, { a: 1 }, { a: 1 }],
  ];
  for (const [claim, applied, wanted, result, expected] of rows) {
    it(claim, () => expect(withoutForgotten(result, live(applied), wanted)).to.deep.equal(expected));
  }
});

describe("comparable", () => {
  it("leaves out what the API server and weft fill in", () => {
    const noisy = (version: string): JsonObject => ({
      kind: "MutatingWebhookConfiguration",
      metadata: { name: "w", resourceVersion: version, uid: version, managedFields: [version], annotations: {} },
      status: { version },
      webhooks: [{ name: "a", clientConfig: { caBundle: version, url: "u" } }],
    });
    const { before, after } = comparable({ before: noisy("1"), after: noisy("2") });
    expect(before).to.deep.equal(after);
    expect(before).to.deep.equal({
      kind: "MutatingWebhookConfiguration",
      metadata: { name: "w" },
      webhooks: [{ name: "a", clientConfig: { url: "u" } }],
    });
  });

  it("takes the values of a ConfigMap for the same in another order, and for others where they differ", () => {
    const settings = (values: string): JsonObject => ({ kind: "ConfigMap", metadata: { name: "c" }, data: { values } });
    const same = comparable({ before: settings("a: 1\nb: x,y\n"), after: settings('b: "x,y"\na: 1\n') });
    expect(same.before).to.deep.equal(same.after);
    const other = comparable({ before: settings("a: 1\n"), after: settings("a: 2\n") });
    expect(other.after["data"]).to.deep.equal({ values: "a: 2\n" });
  });

  it("shows no value of a Secret, but that it changes", () => {
    const secret = (data: JsonObject): JsonObject => ({ kind: "Secret", metadata: { name: "s" }, data });
    const pair = comparable({ before: secret({ a: "c2E=", b: "c2I=" }), after: secret({ a: "c2E=", b: "c2M=" }) });
    expect(JSON.stringify(pair)).to.not.match(/c2/);
    expect(pair.before["data"]).to.deep.equal({ a: "(not shown)", b: "(not shown, as it is)" });
    expect(pair.after["data"]).to.deep.equal({ a: "(not shown)", b: "(not shown, as it would be)" });
  });
});
