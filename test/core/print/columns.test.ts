/** Rows of texts as columns. */
import { expect } from "chai";
import { columnsText } from "../../../src/core/print/columns.ts";

describe("columns", () => {
  const rows: readonly (readonly [claim: string, rows: readonly (readonly string[])[], width: number, text: string])[] =
    [
      [
        "are as wide as their widest text",
        [
          ["A", "B"],
          ["aaa", "b"],
        ],
        80,
        "A    B\naaa  b\n",
      ],
      [
        "give way where they are widest",
        [
          ["A", "B"],
          ["aaa", "bbbbbbbbbbbbbbbb"],
        ],
        15,
        "A    B\naaa  bbbbbbbbb…\n",
      ],
      ["keep enough to tell two texts apart", [["A"], ["aaaaaaaaaaaa"]], 3, "A\naaaaaaa…\n"],
      ["are of one line each", [["A"], ["a\nb"]], 80, "A\na\\nb\n"],
    ];
  for (const [claim, given, width, text] of rows) {
    it(claim, () => {
      expect(columnsText(given, width)).to.equal(text);
    });
  }
});
