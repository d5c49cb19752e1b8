import { expect } from "chai";
import type { JsonObject } from "../../../../src/core/base/json/json.ts";
import { controllerOf } from "../../../../src/core/base/json/read.ts";

const ownedBy = (apiVersion: string, kind: string, name: string): JsonObject => ({
  metadata: {
    labels: { "pod-template-hash": "7f9" },
    ownerReferences: [
      { apiVersion: "v1", kind: "Node", name: "other" },
      { apiVersion, kind, name, controller: true },
    ],
  },
});

describe("the controller of an object", () => {
  const rows: readonly (readonly [owner: Parameters<typeof ownedBy>, expected: object])[] = [
    [["apps/v1", "ReplicaSet", "web-7f9"], { kind: "Deployment", name: "web" }],
    [["apps/v1", "ReplicaSet", "web"], { kind: "ReplicaSet", name: "web" }],
    [["v1", "Node", "a"], { kind: "Node", name: "a" }],
    [["apps.kruise.io/v1beta1", "StatefulSet", "db"], { kind: "StatefulSet", name: "db", group: "apps.kruise.io" }],
    [["example.com/v1", "ReplicaSet", "web-7f9"], { kind: "ReplicaSet", name: "web-7f9", group: "example.com" }],
  ];
  for (const [owner, expected] of rows) {
    it(`of ${owner.join(" ")}`, () => {
      expect(controllerOf(ownedBy(...owner))).to.deep.equal(expected);
    });
  }
});
