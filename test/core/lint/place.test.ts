import { expect } from "chai";
import { readSyntax } from "../../../src/core/documents/document.ts";
import { keyOffsets, objectNode, pathOffset } from "../../../src/core/lint/place.ts";

const text = `kind: List
items:
- metadata: {name: a}
- metadata:
    annotations:
      "x/y": z
    name: b
`;
const { root } = readSyntax(text);
if (root === undefined) throw new Error("can be read");

describe("places of findings", () => {
  it("are keys, quoted ones, too, of one item of a List", () => {
    const item = objectNode(root, 1);
    expect(text.slice(keyOffsets(item)("x/y")).startsWith(`"x/y": z`)).to.equal(true);
    expect(text.slice(keyOffsets(item)("name")).startsWith("name: b")).to.equal(true);
  });

  it("are the object itself where the key is not there", () => {
    expect(text.slice(keyOffsets(objectNode(root, 0))("spec")).startsWith("metadata: {name: a}")).to.equal(true);
  });

  it("are the last key of a path that is there", () => {
    const item = objectNode(root, 1);
    expect(text.slice(pathOffset(item, "metadata.annotations.none")).startsWith("annotations:")).to.equal(true);
    expect(text.slice(pathOffset(item, "metadata.name")).startsWith("name: b")).to.equal(true);
  });
});
