import { expect } from "chai";
import { Recent } from "../../../../src/core/base/memory/recent.ts";

describe("values of late", () => {
  /** `+a`: set; `a`: asked for; `?a`: looked at; `-a`: deleted. Room is for two. */
  const rows: readonly [claim: string, steps: string, left: string][] = [
    ["are as many as there is room for", "+a +b +c", "b c"],
    ["are kept when they are set again", "+a +b +a +c", "a c"],
    ["are kept when they are asked for", "+a +b a +c", "a c"],
    ["are not kept for a look", "+a +b ?a +c", "b c"],
    ["leave room when they are deleted", "+a +b -a +c", "b c"],
  ];
  for (const [claim, steps, left] of rows) {
    it(claim, () => {
      const recent = new Recent<string>(2);
      for (const step of steps.split(" ")) {
        if (step.startsWith("+")) recent.set(step.slice(1), step.slice(1));
        else if (step.startsWith("?")) recent.peek(step.slice(1));
        else if (step.startsWith("-")) expect(recent.delete(step.slice(1))).to.equal(true);
        else expect(recent.get(step)?.value).to.equal(step);
      }
      expect(["a", "b", "c"].filter((key) => recent.peek(key) !== undefined).join(" ")).to.equal(left);
      expect(recent.size).to.equal(2);
    });
  }

  it("say which of them had to go", () => {
    const recent = new Recent<number>(1);
    expect([recent.set("a", 1), recent.set("a", 2), recent.set("b", 3)]).to.deep.equal([undefined, undefined, "a"]);
  });

  it("count until their time, also when they are asked for often", () => {
    const recent = new Recent<undefined>(2);
    recent.set("a", undefined, 1000);
    expect([0, 999, 1000, 999].map((now) => recent.get("a", now) !== undefined)).to.deep.equal([
      true,
      true,
      false,
      false,
    ]);
  });
});
