import { expect } from "chai";
import { splitDocuments } from "../../../src/core/documents/stream.ts";

const rows: readonly [claim: string, text: string, documents: readonly (readonly [text: string, line: number])[]][] = [
  ["finds none in nothing", "", []],
  ["takes one document as it is", "a: 1\n", [["a: 1\n", 1]]],
  ["cuts at three dashes", "a: 1\n---\nb: 2\n", [["a: 1\n", 1], ["b: 2\n", 3]]], // prettier-ignore
  ["cuts where a comment follows", "a: 1\n--- # two\nb: 2", [["a: 1\n", 1], ["b: 2", 3]]], // prettier-ignore
  ["leaves leading dashes to the first document", "---\n# c\na: 1\n---\nb: 2\n", [["---\n# c\na: 1\n", 1], ["b: 2\n", 5]]], // prettier-ignore
  ["takes comments before the first dashes for an empty document", "# c\n---\na: 1\n", [["# c\n", 1], ["a: 1\n", 3]]], // prettier-ignore
  ["keeps blank documents", "a: 1\n---\n\n---\nb: 2\n", [["a: 1\n", 1], ["\n", 3], ["b: 2\n", 5]]], // prettier-ignore
  ["takes dashes after a cut for the start of the next document", "a: 1\n---\n---\nb: 2\n", [["a: 1\n", 1], ["---\nb: 2\n", 3]]], // prettier-ignore
  ["drops dashes at the end", "a: 1\n---\n", [["a: 1\n", 1]]],
  ["knows Windows lines", "a: 1\r\n---\r\nb: 2\r\n", [["a: 1\r\n", 1], ["b: 2\r\n", 3]]], // prettier-ignore
  ["does not cut at indented dashes", "a: |\n  ---\n  b\n", [["a: |\n  ---\n  b\n", 1]]],
  ["does not cut where content follows the dashes", "a: 1\n--- {b: 2}\n", [["a: 1\n--- {b: 2}\n", 1]]],
  ["leaves a directive and an end marker to their document", "%YAML 1.1\n---\na: 1\n...\n", [["%YAML 1.1\n", 1], ["a: 1\n...\n", 3]]], // prettier-ignore
  ["cuts between JSON objects", '{"a": "}{"}\n{"b":\n[]}{}\n', [['{"a": "}{"}\n', 1], ['{"b":\n[]}', 2], ["{}\n", 3]]], // prettier-ignore
  ["does not cut what is not JSON", "{a: 1}\n{b: 2}\n", [["{a: 1}\n{b: 2}\n", 1]]],
];

describe("splitDocuments", () => {
  for (const [claim, text, documents] of rows) {
    it(claim, () => {
      expect(splitDocuments(text)).to.deep.equal(documents.map(([part, line]) => ({ text: part, line })));
    });
  }

  it("cuts thousands of JSON objects", () => {
    expect(splitDocuments('{"a": 1}\n'.repeat(20_000))).to.have.length(20_000);
  });
});
