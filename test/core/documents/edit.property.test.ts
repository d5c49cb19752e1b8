import { expect } from "chai";
import fc from "fast-check";
import { readDocument } from "../../../src/core/documents/document.ts";
import { editDocument } from "../../../src/core/documents/edit.ts";
import { splitDocuments } from "../../../src/core/documents/stream.ts";
import { isFull, isMapping, same } from "../../../src/core/documents/value.ts";
import type { Json } from "../../../src/core/base/json/json.ts";
import { runs } from "../../support/properties.ts";
import { bare, changed, changeOf, look, marked, marker, markers, rendered, source } from "./any-document.ts";

function edited(text: string, before: Json, after: Json): string {
  const result = editDocument(text, before, after);
  if (!("text" in result)) throw new Error(`${JSON.stringify(result.issues)} for ${JSON.stringify(text)}`);
  return result.text;
}

describe("editDocument, for any document", () => {
  it("says what the new value says", () => {
    const changes = fc.array(changeOf("add", "remove", "replace"), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(source, changes, (document, list) => {
        const after = list.reduce(changed, document.value);
        const result = readDocument(edited(document.text, document.value, after));
        expect(result.value ?? null).to.deep.equal(after);
      }),
      runs(60),
    );
  });

  it("returns the same text when nothing changes", () => {
    fc.assert(
      fc.property(source, ({ text, value }) => {
        expect(edited(text, value, value)).to.equal(text);
        expect(edited(text, value, structuredClone(value))).to.equal(text);
      }),
      runs(60),
    );
  });

  it("gives the former text back when what was added goes again", () => {
    fc.assert(
      fc.property(source, changeOf("add"), ({ text, value }, change) => {
        // At the top there is no key whose line could keep the comments of an empty value.
        fc.pre(isFull(value) && !text.includes("<<"));
        const after = changed(value, change);
        const added = edited(text, value, after);
        expect(edited(added, after, value)).to.equal(text);
      }),
      runs(60),
    );
  });

  it("leaves the lines of every leaf it does not touch as they are, in order", () => {
    fc.assert(
      fc.property(marked, look, changeOf("add", "remove", "replace"), (value, style, change) => {
        // Each leaf on a line of its own, and no marker in what the change brings.
        const text = rendered(value, { ...style, flow: 1, style: style.style === "compact" ? "json" : style.style });
        // A key that is a byte order mark ceases to be one when it comes first.
        fc.pre(same(readDocument(text).value, value) && !text.includes("\ufeff"));
        const after = changed(value, { ...change, value: [{ new: change.key }] });
        const [left, kept] = [edited(text, value, after), new Set(JSON.stringify(after).match(markers))];
        const lines = text.split(/\r?\n/).filter((line) => kept.has(marker.exec(line)?.[0] ?? ""));
        const found = left.split(/\r?\n/).filter((line) => marker.test(line));
        expect(found.map(bare)).to.deep.equal(lines.map(bare));
      }),
      runs(60),
    );
  });

  it("never throws, whatever the text", () => {
    // prettier-ignore
    const piece = fc.constantFrom(
      "\n", "\n  ", " ", "\t", "- ", "a", "a: ", "b: 1", ": ", "? ", "{", "}", "[", "]", ",", "&a ", "*a", "!!int ", "|",
      ">-", "\n---\n", "...", "%YAML 1.1\n", "<<: ", "'", '"', "# c", "#", "\r", "\r\n", "\ufeff", "\u2028", "0x1", "~",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        for (const { text, line } of splitDocuments(pieces.join(""))) {
          const { value, issues } = readDocument(text, line);
          if (issues.length > 0) continue;
          const after = { ...(isMapping(value) ? value : {}), added: ["y"] };
          expect(readDocument(edited(text, value ?? null, after)).value).to.deep.equal(after);
        }
      }),
      runs(60),
    );
  });
});
