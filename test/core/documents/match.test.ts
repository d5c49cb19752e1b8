import { expect } from "chai";
import { matchItems } from "../../../src/core/documents/match.ts";
import type { Json } from "../../../src/core/base/json/json.ts";

const [a, b, c] = [{ name: "a" }, { name: "b" }, { v: 1 }];

const rows: readonly [claim: string, before: Json[], after: Json[], partners: (number | undefined)[]][] = [
  ["knows the same objects", [a, b], [c, a, b], [undefined, 0, 1]],
  ["knows equal scalars", ["x", "y", "x"], ["x", "x", "z"], [0, 2, undefined]],
  ["knows copies", [a, c], [{ v: 1 }], [1]],
  ["knows changed items by their name", [a, b], [{ name: "z" }, { name: "b", v: 2 }, c], [undefined, 1, undefined]],
  ["knows objects of a List by kind and name", [{ kind: "A", metadata: { name: "x" } }], [{ kind: "B", metadata: { name: "x" } }, { kind: "A", metadata: { name: "x", n: 1 } }], [undefined, 0]], // prettier-ignore
  ["pairs what is left in order when the counts agree", [a, { v: 1 }, b], [a, { v: 2 }, b], [0, 1, 2]],
  ["does not pair when the counts differ", [{ v: 1 }], [{ v: 2 }, { v: 3 }], [undefined, undefined]],
  ["keeps the order", [a, b], [b, a], [1, undefined]],
];

describe("matchItems", () => {
  for (const [claim, before, after, partners] of rows) {
    it(claim, () => {
      expect(matchItems(before, after)).to.deep.equal(partners);
    });
  }
});
