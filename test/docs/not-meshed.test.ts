/** docs/not-meshed.md has every reason for which a pod gets no proxy. */
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { leftAloneReasons, skipReasonTexts } from "../../src/core/inject/outcome/reasons.ts";

const page = readFileSync(new URL("../../docs/not-meshed.md", import.meta.url), "utf8");
const first = [...page.matchAll(/^\| ([^|]+) \|/gm)].flatMap(([, cell = ""]) =>
  [...cell.matchAll(/`([a-z_]+)`/g)].map(([, code = ""]) => code),
);

describe("docs/not-meshed.md", () => {
  it("has a row for every reason", () => {
    const reasons = [...Object.keys(skipReasonTexts), ...leftAloneReasons];
    expect(first.filter((code) => code.includes("_")).toSorted()).to.deep.equal(reasons.toSorted());
  });
});
