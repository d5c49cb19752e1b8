import { expect } from "chai";
import { leftAlone, outgrown, overBounds, reviewBounds } from "../../../src/core/admission/bounds.ts";
import type { Annotations, JsonObject } from "../../../src/core/base/json/json.ts";
import type { AdmissionRequest } from "../../../src/core/admission/request.ts";

const kind = { group: "", kind: "Pod" };
const pod = (annotations: Annotations): JsonObject => ({ kind: "Pod", metadata: { name: "web", annotations } });
const deployment = (annotations: Annotations): JsonObject => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  spec: { template: { metadata: { annotations } } },
});
const request = (object?: JsonObject, oldObject?: JsonObject): AdmissionRequest => ({
  apiVersion: "admission.k8s.io/v1",
  uid: "1",
  kind,
  resource: "pods",
  namespace: "shop",
  operation: "CREATE",
  subResource: "",
  dryRun: false,
  complete: false,
  object,
  oldObject,
});
const most = 262_144;

describe("an object that no API server stores", () => {
  const rows: readonly [claim: string, object: JsonObject, bytes: number | undefined][] = [
    ["none", {}, undefined],
    ["annotations of exactly the limit", pod({ a: "x".repeat(most - 1) }), undefined],
    ["a byte more", pod({ a: "x".repeat(most) }), most + 1],
    ["keys count", pod({ ["x".repeat(most)]: "y" }), most + 1],
    [
      "many annotations",
      pod(Object.fromEntries(Array.from({ length: 65_537 }, (_, i) => [i + 1000 + "", ""]))),
      318_685,
    ],
    ["two bytes for é", pod({ a: "é".repeat(most / 2) }), most + 1],
    ["four bytes for 😀", pod({ aa: "😀".repeat((most - 4) / 4), b: "x" }), undefined],
    ["three bytes for half of it", pod({ a: "\ud83d".repeat(most / 3 + 1) }), 262_144 + 3],
    ["annotations of a template", deployment({ a: "x".repeat(most) }), most + 1],
  ];
  for (const [claim, object, bytes] of rows) {
    it(claim, () => {
      const text = leftAlone(request(object), kind)?.warning.text;
      expect(text).to.equal(
        bytes === undefined
          ? undefined
          : `weft leaves it alone: it has ${bytes} bytes of annotations, an API server stores 262144`,
      );
      expect(leftAlone(request({}, object), kind)?.warning.text).to.equal(text);
      expect(outgrown(object, kind)?.warning.text).to.equal(text?.replace("has", "would have"));
    });
  }
});

it("labels are read as far", () => {
  const labels = { a: "x".repeat(most) };
  expect(leftAlone(request({ kind: "Pod", metadata: { labels } }), kind)).to.deep.equal({
    reason: "labels_too_large",
    warning: {
      about: "metadata.labels",
      rank: 0,
      text: "weft leaves it alone: it has 262145 bytes of labels, weft reads 262144",
    },
  });
});

describe("a review that is not read", () => {
  const { values, depth } = reviewBounds;
  const rows: readonly [claim: string, size: { values: number; depth: number }, why: string | undefined][] = [
    ["just below both bounds", { values, depth }, undefined],
    ["a value more", { values: values + 1, depth }, "the review has more than 100000 values"],
    ["a list more", { values, depth: depth + 1 }, "the review has more than 100 lists and objects in another"],
  ];
  for (const [claim, size, why] of rows) {
    it(claim, () => expect(overBounds(size)).to.equal(why));
  }
});
