import { expect } from "chai";
import { FairMemory } from "../../src/async/fair-memory.ts";

describe("core/mesh/fair-memory", () => {
  /** `a1`: the first thing of caller `a`. */
  const rows: readonly [claim: string, most: number, noted: string, remembered: string][] = [
    ["of one caller the latest are remembered", 3, "a1 a2 a3 a4 a5", "a3 a4 a5"],
    ["what is done again is the newest", 3, "a1 a2 a3 a1 a4", "a1 a3 a4"],
    ["what is done again takes no further room", 3, "a1 a1 a1 a1 b1 b2", "a1 b1 b2"],
    ["who does much has only its own forgotten", 4, "b1 c1 a1 a2 a3 a4 a5", "a4 a5 b1 c1"],
    ["who comes later gets room of who has most", 3, "a1 a2 a3 b1", "a2 a3 b1"],
    ["callers that did one thing each have the oldest forgotten", 3, "a1 b1 c1 d1", "b1 c1 d1"],
  ];
  for (const [claim, most, noted, remembered] of rows) {
    it(claim, () => {
      const memory = new FairMemory(most);
      const names = noted.split(" ");
      for (const [at, name] of names.entries()) memory.note(name.slice(0, 1), name, at);
      const left = [...new Set(names)].filter((name) => memory.when(name.slice(0, 1), name) !== undefined);
      expect(left.toSorted().join(" ")).to.equal(remembered);
    });
  }

  it("says when, of whom", () => {
    const memory = new FairMemory(9);
    memory.note("a", "x", 7);
    memory.note("a", "x", 8);
    expect([memory.when("a", "x"), memory.when("b", "x"), memory.when("a", "y")]).to.deep.equal([
      8,
      undefined,
      undefined,
    ]);
  });
});
