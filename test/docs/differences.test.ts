/** `docs/differences.md` has a line for each oddity of Linkerd, and each line a test that is there. */
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { rowIds } from "../conformance/differences.ts";

const textOf = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

interface Line {
  readonly id: string;
  readonly weft: string;
  readonly tests: readonly (readonly [file: string, title: string])[];
}

const lines: readonly Line[] = textOf("docs/differences.md")
  .split("\n")
  .filter((line) => line.startsWith("| S-"))
  .map((line) => {
    const [, id = "", , weft = "", shown = ""] = line.split("|").map((cell) => cell.trim());
    const tests = [...shown.matchAll(/`(test\/[^`]+)`: "([^"]+)"/g)];
    return { id, weft, tests: tests.map(([, file = "", title = ""]) => [file, title] as const) };
  });

describe("docs/differences.md", () => {
  it("has a line for each of the 64, in order", () => {
    const expected = Array.from({ length: 64 }, (_, index) => `S-${String(index + 1).padStart(2, "0")}`);
    expect(lines.map(({ id }) => id)).to.deep.equal(expected);
  });

  for (const { id, weft, tests } of lines) {
    it(`${id} is shown by tests that are there`, () => {
      expect(tests).not.to.deep.equal([]);
      expect(weft).not.to.equal("");
      for (const [file, title] of tests) expect(textOf(file), file).to.include(title);
    });
  }

  it("claims to be as Linkerd nowhere where recorded cases are expected to differ", () => {
    const cli = [...textOf("test/conformance/cli-differences.ts").matchAll(/S-\d\d/g)].map(([id]) => id);
    const differing = new Set([...rowIds, ...cli]);
    const asLinkerd = lines.filter(({ weft }) => weft.startsWith("As Linkerd")).map(({ id }) => id);
    expect(asLinkerd.filter((id) => differing.has(id))).to.deep.equal([]);
  });
});
