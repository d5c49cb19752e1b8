import { expect } from "chai";
import { listedIn } from "../../../src/core/kubernetes/lists.ts";

describe("lists of objects", () => {
  for (const [claim, list, expected] of [
    ["a List has its items as they are", { kind: "List", items: [{ kind: "A" }, 1] }, [{ kind: "A" }, 1]],
    [
      "a list of one kind gives it to its items",
      { apiVersion: "apps/v1", kind: "DeploymentList", items: [{ spec: {} }] },
      [{ spec: {}, apiVersion: "apps/v1", kind: "Deployment" }],
    ],
    ["an item that says its kind keeps it", { kind: "AList", items: [{ kind: "B" }] }, [{ kind: "B" }]],
    ["a kind that ends otherwise is none", { kind: "Listing", items: [] }, undefined],
    ["one whose items are no list is none", { kind: "List", items: {} }, undefined],
  ] as const) {
    it(claim, () => expect(listedIn(list)).to.deep.equal(expected));
  }
});
