import { expect } from "chai";
import type { Json } from "../../../src/core/base/json/json.ts";
import { differenceText, yamlDifference } from "../../../src/core/print/difference.ts";
import { paint } from "../../../src/core/base/text/paint.ts";
import { shortened } from "../../../src/cli/demo/shorten.ts";

const names = { before: "a", after: "b" };
const plain = (before: Json, after: Json): string =>
  differenceText(yamlDifference(before, after), names, paint(undefined));

const pod = (containers: readonly Json[]): Json => ({ kind: "Pod", spec: { containers, volumes: [{ name: "v" }] } });
const app = { name: "app", image: "app:1", ports: [{ containerPort: 1 }, { containerPort: 2 }] };

describe("a difference of YAML", () => {
  it("is empty for equal values", () => expect(plain({ a: [1] }, { a: [1] })).to.equal(""));

  it("is a unified difference with three lines of context", () => {
    const lines = Object.fromEntries(["a", "b", "c", "d", "e", "f", "g", "h"].map((key) => [key, key]));
    expect(plain(lines, { ...lines, e: "x" })).to.equal(
      "--- a\n+++ b\n@@ -2,7 +2,7 @@\n b: b\n c: c\n d: d\n-e: e\n+e: x\n f: f\n g: g\n h: h\n",
    );
  });

  it("colours what was added green, what was removed red", () => {
    const text = differenceText(yamlDifference({ a: 1 }, { a: 2 }), names, paint("\u001B["));
    expect(text).to.include("\u001B[31m-a: 1\u001B[39m").and.to.include("\u001B[32m+a: 2\u001B[39m");
  });

  const places: readonly [claim: string, before: Json, after: Json, place: string][] = [
    ["a key of the object", { a: 1 }, { a: 2 }, ""],
    ["a key of a map", { metadata: { name: "a" } }, { metadata: { name: "b" } }, "metadata"],
    ["a new item", pod([app]), pod([app, { name: "new", image: "new:1" }]), "spec.containers"],
    ["a key of an item", pod([app]), pod([{ ...app, image: "app:2" }]), "spec.containers"],
    [
      "an item in an item",
      pod([app]),
      pod([{ ...app, ports: [{ containerPort: 1 }, { containerPort: 3 }] }]),
      "spec.containers.ports",
    ],
    ["a key after a list", { a: { list: [1, 2], z: 1 } }, { a: { list: [1, 2], z: 2 } }, "a"],
    ["a list in a list", { a: [{ b: { c: 1 }, d: 1 }] }, { a: [{ b: { c: 2 }, d: 1 }] }, "a.b"],
  ];
  for (const [claim, before, after, place] of places) {
    it(`says where it is: ${claim}`, () =>
      expect(yamlDifference(before, after).map((hunk) => hunk.place)).to.deep.equal([place]));
  }
});

describe("a shortened difference", () => {
  const telling = { keys: new Set(["name", "image"]), variables: new Set(["B"]), hint: " (more)" };
  const short = (before: Json, after: Json): readonly string[] =>
    shortened(yamlDifference(before, after), telling).flatMap(({ lines }) => lines);
  const proxy = {
    name: "proxy",
    image: "proxy:1",
    env: ["A", "B", "C"].map((name) => ({ name, value: `${name}\nsecond line\n` })),
    ports: [{ containerPort: 4 }],
    args: ["old"],
  };

  it("keeps what tells something and names the rest", () => {
    expect(short(pod([app]), pod([proxy, app])).filter((line) => line.startsWith("+"))).to.deep.equal([
      "+  - name: proxy",
      "+    image: proxy:1",
      "+    env:",
      "+    - name: B",
      "+      value: |",
      "+        B",
      "+        second line",
      "+    # … and 2 variables, ports, args (more)",
    ]);
  });

  it("leaves whole what is not a container, and what is small", () => {
    const volume = { name: "v2", projected: { sources: [{ a: 1 }] } };
    const [before, after] = [{ volumes: [] }, { volumes: [volume], initContainers: [{ name: "x", image: "y" }] }];
    expect(short(before, after)).to.deep.equal(yamlDifference(before, after).flatMap(({ lines }) => lines));
  });

  it("leaves removed and untouched containers alone", () => {
    expect(short(pod([proxy]), pod([{ ...proxy, args: ["new"] }])))
      .to.include("+    - new")
      .and.to.include("-    - old");
  });
});
