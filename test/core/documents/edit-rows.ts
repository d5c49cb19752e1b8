import { expect } from "chai";
import { readDocument } from "../../../src/core/documents/document.ts";
import { editDocument } from "../../../src/core/documents/edit.ts";
import type { Json } from "../../../src/core/base/json/json.ts";

/** A claim, a document, what happens to its value, and the document that results. */
export type EditRow = readonly [
  claim: string,
  text: string,
  // oxlint-disable-next-line typescript/no-explicit-any -- the values have the shape that the text beside them shows
  change: (value: any) => Json,
  expected: string,
];

export function editRows(title: string, rows: readonly EditRow[]): void {
  describe(title, () => {
    for (const [claim, text, change, expected] of rows) {
      it(claim, () => {
        const before = readDocument(text).value ?? null;
        expect(editDocument(text, before, change(before))).to.deep.equal({ text: expected });
      });
    }
  });
}
