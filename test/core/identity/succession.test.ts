/** Bundles of trust anchors that may follow one another, and those that cut running pods off. */
import { expect } from "chai";
import { brokenSuccession } from "../../../src/core/identity/succession.ts";

describe("identity/succession", () => {
  const rows: readonly [claim: string, before: readonly string[], after: readonly string[], holds: boolean][] = [
    ["the same", ["a"], ["a"], true],
    ["one more", ["a"], ["a", "b"], true],
    ["one less", ["a", "b"], ["b"], true],
    ["none known before", [], ["b"], true],
    ["another", ["a"], ["b"], false],
    ["others", ["a", "b"], ["c", "d"], false],
    ["none", ["a"], [], false],
  ];
  for (const [claim, before, after, holds] of rows)
    it(`${claim}: ${holds ? "follows" : "does not follow"}`, () =>
      expect(brokenSuccession(before, after) === undefined).to.equal(holds));
});
