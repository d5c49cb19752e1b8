import { expect } from "chai";
import { isAtLeast } from "../../../src/core/lint/rules.ts";

describe("levels of lint", () => {
  for (const [level, least, expected] of [
    ["error", "error", true],
    ["error", "note", true],
    ["warning", "error", false],
    ["warning", "warning", true],
    ["note", "warning", false],
  ] as const) {
    it(`${level} ${expected ? "weighs" : "does not weigh"} as much as ${least}`, () => {
      expect(isAtLeast(level, least)).to.equal(expected);
    });
  }
});
