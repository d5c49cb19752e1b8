import { expect } from "chai";
import { allOf, failed, issuesOf, mapResult } from "../../../../src/core/base/text/result.ts";
import type { Result } from "../../../../src/core/base/text/result.ts";

const one: Result<number> = { value: 1 };
const text: Result<string> = { value: "a" };
const broken: Result<number> = failed("a.b", "is not a number");
const lost: Result<string> = failed("c", "is missing");

describe("results", () => {
  const rows: readonly [claim: string, made: unknown, wanted: unknown][] = [
    ["of a value may be changed", mapResult(one, (value) => value + 1), { value: 2 }],
    ["with issues stay as they are", mapResult<number, number>(broken, (value) => value + 1), broken],
    ["are one of all values, in their order", allOf([one, text]), { value: [1, "a"] }],
    ["of nothing are a value", allOf([]), { value: [] }],
    ["keep a value that is undefined", allOf([{ value: undefined }, one]), { value: [undefined, 1] }],
    [
      "have the issues of all, in their order",
      allOf([one, broken, lost]),
      { issues: [...broken.issues, ...lost.issues] },
    ],
    ["that failed without an issue fail all", allOf([one, { issues: [] }]), { issues: [] }],
    ["with a value have no issues", issuesOf(one), []],
    ["that were not read have no issues", issuesOf(undefined), []],
    ["that failed have theirs", issuesOf(broken), broken.issues],
  ];
  for (const [claim, made, wanted] of rows) {
    it(claim, () => {
      expect(made).to.deep.equal(wanted);
    });
  }
});
