import { expect } from "chai";
import { perObject, perText } from "../../../../src/core/base/memory/memo.ts";

describe("what a function gave", () => {
  it("for an object is remembered by which object it is", () => {
    let calls = 0;
    const count = perObject((_: object) => (calls += 1));
    const [one, other] = [{}, {}];
    expect([count(one), count(one), count(other)]).to.deep.equal([1, 1, 2]);
  });

  const rows: readonly [claim: string, asked: string, computed: string][] = [
    ["for a text is remembered", "a b a", "a b"],
    ["is remembered of the last texts that were computed", "a b c a", "a b c a"],
    ["is computed each time for a long text", "long a long", "long a long"],
  ];
  for (const [claim, asked, computed] of rows) {
    it(claim, () => {
      const texts: string[] = [];
      // What is remembered may be that there is nothing.
      const note = perText((text): undefined => void texts.push(text), { most: 2, longest: 3 });
      for (const text of asked.split(" ")) expect(note(text)).to.equal(undefined);
      expect(texts.join(" ")).to.equal(computed);
    });
  }
});
