import { expect } from "chai";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import type { Condition } from "../../../src/core/policy/condition.ts";
import { parentsToWrite } from "../../../src/core/policy/route-status.ts";
import type { RouteParent } from "../../../src/core/policy/route-status.ts";

const [now, before] = ["2026-05-01T12:00:00Z", "2026-01-01T00:00:00Z"];
const ref = { group: "core", kind: "Service", namespace: "shop", name: "lines", port: 9090 };
const accepted: Condition = {
  type: "Accepted",
  status: "True",
  reason: "Accepted",
  message: "",
  observedGeneration: 1,
};
const parent = (name: string): RouteParent => ({ ref: { ...ref, name }, conditions: [accepted] });
const entry = (name: string, lastTransitionTime: string, status = "True"): JsonObject => ({
  parentRef: { ...ref, name },
  controllerName: "linkerd.io/policy-controller",
  conditions: [{ ...accepted, status, lastTransitionTime }],
});
const others = { parentRef: ref, controllerName: "somebody.example/gateways", conditions: [] };
const without = { ...entry("lines", before), conditions: null };

const rows: readonly [claim: string, current: JsonObject, names: string[], expected: JsonObject[] | undefined][] = [
  ["no status yet", {}, ["lines"], [entry("lines", now)]],
  ["as it should be", { parents: [entry("lines", before)] }, ["lines"], undefined],
  ["nothing to say, and nothing said", {}, [], undefined],
  [
    "entries of others stay, and are no reason to write",
    { parents: [others, entry("lines", before)] },
    ["lines"],
    undefined,
  ],
  ["wherever they are", { parents: [entry("lines", before), others] }, ["lines"], undefined],
  [
    "another status: another time",
    { parents: [others, entry("lines", before, "False")] },
    ["lines"],
    [others, entry("lines", now)],
  ],
  [
    "a parent more",
    { parents: [entry("lines", before), others] },
    ["lines", "more"],
    [entry("lines", before), others, entry("more", now)],
  ],
  ["a parent that is gone", { parents: [entry("gone", before), others] }, [], [others]],
  [
    "the same parent twice",
    { parents: [entry("lines", before), entry("lines", before)] },
    ["lines"],
    [entry("lines", before)],
  ],
  ["an entry without conditions", { parents: [without] }, ["lines"], [entry("lines", now)]],
  ["parents that are none", { parents: "yes" }, ["lines"], [entry("lines", now)]],
];

describe("core/policy/route-status", () => {
  for (const [claim, current, names, expected] of rows)
    it(claim, () => {
      expect(parentsToWrite(current, names.map(parent), now)).to.deep.equal(expected);
    });
});
