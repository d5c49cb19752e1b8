import { expect } from "chai";
import { trimSpace } from "../../../../src/core/base/scalars/spaces.ts";

describe("white space", () => {
  const rows: readonly [claim: string, text: string, expected: string][] = [
    ["trims what Go trims", "\t\n\v\f\r \u0085\u00a0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000a", "a"],
    ["trims both ends and nothing between", "  a b\t", "a b"],
    ["keeps what Go keeps", "\ufeff\u200b\u180ea\ufeff", "\ufeff\u200b\u180ea\ufeff"],
    ["leaves nothing of blanks", " \u0085 ", ""],
    ["leaves the empty text", "", ""],
  ];
  for (const [claim, text, expected] of rows) {
    it(claim, () => {
      expect(trimSpace(text)).to.equal(expected);
    });
  }
});
