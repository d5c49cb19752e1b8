import { isDeepStrictEqual } from "node:util";
import { expect } from "chai";
import fc from "fast-check";
import { equal } from "../../../../src/core/base/json/equal.ts";
import { runs } from "../../../support/properties.ts";

describe("view/equal", () => {
  const rows: readonly [claim: string, a: unknown, b: unknown, expected: boolean][] = [
    ["the order of keys says nothing", { a: 1, b: 2 }, { b: 2, a: 1 }, true],
    ["the order of a list does", [1, 2], [2, 1], false],
    ["a longer list is another one", [1], [1, 2], false],
    ["a key more", { a: 1 }, { a: 1, b: 2 }, false],
    ["a key that is undefined is there", { a: undefined }, { b: undefined }, false],
    ["a list is not an object", [], {}, false],
    ["null is not an object", null, {}, false],
    ["NaN is itself", NaN, NaN, true],
    ["a number is not text", 1, "1", false],
    ["maps of the same", new Map([["a", { x: 1 }]]), new Map([["a", { x: 1 }]]), true],
    [
      "maps in another order",
      new Map([
        ["a", 1],
        ["b", 2],
      ]),
      new Map([
        ["b", 2],
        ["a", 1],
      ]),
      true,
    ],
    ["maps of different values", new Map([["a", 1]]), new Map([["a", 2]]), false],
    ["maps of different keys", new Map([["a", 1]]), new Map([["b", 1]]), false],
    ["a map and an object", new Map(), {}, false],
  ];
  for (const [claim, a, b, expected] of rows)
    it(claim, () => {
      expect(equal(a, b)).to.equal(expected);
      expect(equal(b, a)).to.equal(expected);
    });

  it("says of JSON what Node says", () => {
    const small = fc.jsonValue({ maxDepth: 2 });
    fc.assert(
      fc.property(small, small, (a, b) => {
        expect(equal(a, structuredClone(a))).to.equal(true);
        expect(equal(a, b)).to.equal(isDeepStrictEqual(a, b));
      }),
      runs(300),
    );
  });
});
