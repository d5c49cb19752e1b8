import { expect } from "chai";
import fc from "fast-check";
import { readDocument } from "../../../src/core/documents/document.ts";
import { toYaml } from "../../../src/core/documents/yaml-text.ts";
import type { Json } from "../../../src/core/base/json/json.ts";
import { anyValue } from "./any-document.ts";

const rows: readonly [claim: string, value: Json, text: string][] = [
  ["writes scalars", ["a", 1, true, null, 1.5], "- a\n- 1\n- true\n- null\n- 1.5\n"],
  ["writes empty collections", { a: {}, b: [] }, "a: {}\nb: []\n"],
  ["leaves out what is undefined", { a: undefined, b: { c: undefined } }, "b: {}\n"],
  [
    "nests maps and lists",
    { a: { b: [{ c: 1, d: [2] }, [3, [4]]] } },
    "a:\n  b:\n  - c: 1\n    d:\n    - 2\n  - - 3\n    - - 4\n",
  ],
  [
    "writes certificates as literals",
    { a: "-----BEGIN X-----\nMII=\n-----END X-----\n" },
    "a: |\n  -----BEGIN X-----\n  MII=\n  -----END X-----\n",
  ],
  ["writes lines of text as literals", { a: "x\n\n  y\n", b: ["x\ny"] }, "a: |\n  x\n\n    y\nb:\n- |-\n  x\n  y\n"],
  [
    "quotes lines that a literal could lose",
    ["x \ny", " x\ny", "x\n\n", "x\r\ny"],
    '- "x \\ny"\n- " x\\ny"\n- "x\\n\\n"\n- "x\\r\\ny"\n',
  ],
  ["writes text alone", "x\ny", "|-\n  x\n  y\n"],
];

describe("toYaml", () => {
  for (const [claim, value, text] of rows) {
    it(claim, () => {
      expect(toYaml(value)).to.equal(text);
    });
  }

  it("is read back as the same value", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(readDocument(toYaml(value)).value).to.deep.equal(value);
      }),
    );
  });
});
