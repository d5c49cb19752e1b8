/** docs/not-taken-up.md is what the tables say; docs/policy.md leaves none of the kinds out. */
import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import { format, resolveConfig } from "prettier";
import { inheritedKeys, keys } from "../../src/core/mesh/annotations.ts";
import { annotationsNotTakenUp, kindsNotTakenUp } from "../../src/core/mesh/not-taken-up.ts";
import { notTakenUpPage } from "../../scripts/pages/not-taken-up.ts";

const docs = new URL("../../docs/", import.meta.url);
const file = new URL("not-taken-up.md", docs);

describe("docs/not-taken-up.md", () => {
  it("is made from the tables (make golden rewrites it)", async () => {
    const page = await format(notTakenUpPage(), { ...(await resolveConfig(file)), parser: "markdown" });
    if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, page);
    expect(readFileSync(file, "utf8")).to.equal(page);
  });

  for (const { kind, group } of kindsNotTakenUp) {
    it(`${kind} of ${group} is in docs/policy.md`, () => {
      expect(readFileSync(new URL("policy.md", docs), "utf8")).to.include(`\`${kind}\``);
    });
  }

  it("names no annotation that a namespace hands down, or that a pod is read for", () => {
    const ofNamespaces = annotationsNotTakenUp.filter(({ on }) => on.includes("namespace")).map(({ key }) => key);
    expect(ofNamespaces.filter((key) => inheritedKeys.includes(key))).to.deep.equal([keys.podInboundPorts]);
    const ofPods = annotationsNotTakenUp.filter(({ on }) => on.includes("pod")).map(({ key }) => key);
    expect(ofPods.filter((key) => Object.values<string>(keys).includes(key))).to.deep.equal([keys.podInboundPorts]);
  });
});
