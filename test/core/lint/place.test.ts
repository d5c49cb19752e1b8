import { expect } from "chai";
import { readSyntax } from "../../../src/core/documents/document.ts";
import { objectNode, offsets, pathKeys, pathOffset } from "../../../src/core/lint/place.ts";

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

const item = objectNode(root, 1);

describe("places of findings", () => {
  for (const [claim, about, expected] of [
    ["a key, a quoted one, too, of one item of a List", "x/y", '"x/y": z'],
    ["a path", "metadata.name", "name: b"],
    ["a path with a key in quotes", 'metadata.annotations["x/y"]', '"x/y": z'],
    ["a pointer", "/metadata/annotations/x~1y", '"x/y": z'],
    ["a path in the pod", "annotations", "annotations:"],
    ["the end of a path that is there", "metadata.annotations.none", "annotations:"],
    ["the item itself where there is no such key", "spec", "metadata:"],
  ] as const) {
    it(`are ${claim}`, () => {
      const at = offsets(item, ["metadata"])(about);
      expect(text.slice(at).startsWith(expected), text.slice(at)).to.equal(true);
    });
  }

  it("are the last key of a path that is there", () => {
    expect(text.slice(pathOffset(item, ["metadata", "annotations", "none"])).startsWith("annotations:")).to.equal(true);
  });

  it("are of the last of equal keys, as their value is", () => {
    const twice = readSyntax("a: {b: 1}\na: {c: 2}\n").root;
    expect(twice && offsets(twice, [])("a.c")).to.equal(14);
  });

  for (const [about, expected] of [
    ["spec.ports[0].port", ["spec", "ports", "0", "port"]],
    ['spec["a \\"b\\".c"].d', ["spec", 'a "b".c', "d"]],
    ["/a/0/b~1c", ["a", "0", "b/c"]],
    ["linkerd.io/inject", ["linkerd", "io/inject"]],
    ["items[", undefined],
  ] as const) {
    it(`${about} is ${expected === undefined ? "no path" : `a path of ${expected.length}`}`, () => {
      expect(pathKeys(about)).to.deep.equal(expected);
    });
  }
});
