import { expect } from "chai";
import { documentToJson, readDocument } from "../../../src/core/documents/document.ts";
import type { Json } from "../../../src/core/base/json/json.ts";

const values: readonly [claim: string, text: string, value: Json | undefined][] = [
  ["finds no value in comments", "# a\n--- # b\n", undefined],
  ["tells null from nothing", "~\n", null],
  ["reads JSON", '{"a": [1, "x", null], "b": {"c": "\\ud83d\\ude00"}}', { a: [1, "x", null], b: { c: "😀" } }],
  ["reads block and flow style", "a:\n- b: [1, {c: d}]\n  e:\n", { a: [{ b: [1, { c: "d" }], e: null }] }],
  ["reads literal and folded text", "a: |\n  x\n  y\nb: >-\n  x\n  y\n", { a: "x\ny\n", b: "x y" }],
  ["ends the last line", "a: |\n  x", { a: "x\n" }],
  ["ignores a byte order mark, a directive and Windows lines", "\ufeffa: 1\r\nb: x\r\n", { a: 1, b: "x" }],
  ["turns keys into text as Go does", "y: 1\n2: 1\n0x1f: 1\n1.50: 1\n1e6: 1\n'on': 1\n", { true: 1, 2: 1, 31: 1, 1.5: 1, "1e+06": 1, on: 1 }], // prettier-ignore
  ["follows aliases", "a: &x [1]\nb: *x\n&k c: *k\n", { a: [1], b: [1], c: "c" }],
  ["merges maps", "x: &x {a: 1, b: 2}\nz: {<<: *x, b: 3}\n", { x: { a: 1, b: 2 }, z: { a: 1, b: 3 } }],
  [
    "lets a merge cover the keys above it, as Go does",
    "x: &x {a: 1}\nz: {a: 2, <<: *x}\n",
    { x: { a: 1 }, z: { a: 1 } },
  ],
  ["prefers the first of several merged maps", "z:\n  <<: [{a: 1}, {a: 2, b: 2}]\n", { z: { a: 1, b: 2 } }],
  ["takes a quoted << for a key", "'<<': 1\n", { "<<": 1 }],
  ["follows tags of the core", "a: !!str 1\nb: !!int '2'\nc: !!float 3\nd: !x 4\n", { a: "1", b: 2, c: 3, d: "4" }],
  ["follows tags of YAML 1.1 as far as Go does", "a: !!binary aGk=\nb: !!set {x, z}\nc: !!timestamp 2001-01-01\n", { a: "hi", b: { x: null, z: null }, c: "2001-01-01" }], // prettier-ignore
  [
    "goes on with quoted text at the column of its key, or left of it",
    "a:\n  b: 'c\n  d\n e'\n  f: \"g\nh\"\n",
    { a: { b: "c d e", f: "g h" } },
  ],
  [
    "finds a bracket that closes left of its key",
    "a:\n  b: [1,\n 2\n]\n  c: {d: 1\n  }\n",
    { a: { b: [1, 2], c: { d: 1 } } },
  ],
  [
    "takes tabs for blanks in brackets and quotes",
    "a: [1,\n\t2]\nb: 'c\n\td'\ne:\tf\n",
    { a: [1, 2], b: "c d", e: "f" },
  ],
  ["takes # right behind quotes and brackets for a comment", "a: 'b'#c\nd: [e]#f\n", { a: "b", d: ["e"] }],
  [
    "keeps white lines that are indented deeper than the text they end",
    "a: |\n  b\n    \nc: |-\n  d\n  \t\n",
    { a: "b\n  \n", c: "d\n\t" },
  ],
  ["ends lines as YAML 1.1 does", "a: 1\rb: 2\u0085c: 3\u2028d: 4\n", { a: 1, b: 2, c: 3, d: 4 }],
  ["keeps __proto__ an ordinary key", "__proto__: 1\n", JSON.parse('{"__proto__": 1}') as Json],
];

const issues: readonly [claim: string, text: string, at: string, message: RegExp][] = [
  [
    "keys that JSON cannot tell apart",
    "y: 1\n'true': 2\n",
    "line 2, column 1",
    /^two different keys that are "true" in JSON$/,
  ],
  [
    "keys that JSON cannot tell apart, numbers",
    "1: 1\n1.0: 2\n",
    "line 2, column 1",
    /^two different keys that are "1"/,
  ],
  ["a key that is null", "~: 1\n", "line 1, column 1", /^a key must be text/],
  ["a key that is a list", "a:\n  ? [b]\n  : 1\n", "line 2, column 3", /^a key must be text/],
  ["a tab as indentation", "a:\n\tb: 1\n", "line 2, column 1", /^a tab stands where indentation/],
  ["text that is not closed", "a: 'x\n", "line 1, column 4", /quotes .* is not closed$/],
  ["wrong indentation", "a: 1\n b: 2\n", "line 2, column 3", /^a second ": " on the line, or a key indented deeper/],
  ["an unknown anchor", "a: *x\n", "line 1, column 4", /^unknown anchor "x"$/],
  ["an anchor that ends in a colon", "- &x:\n  a: 1\n", "line 1, column 3", /^a key must be text/],
  ["an anchor inside itself", "a: &x [*x]\n", "line 1, column 8", /contains itself/],
  ["a merge of something else", "<<: 1\n", "line 1, column 5", /^"<<" needs a map/],
  ["a number that JSON cannot hold", "a: .inf\n", "line 1, column 4", /^\.inf has no JSON value$/],
  ["a tag that does not fit", "a: !!int x\n", "line 1, column 10", /^"x" does not fit its tag$/],
  ["content after three dashes", "a: 1\n--- {b: 2}\n", "line 2, column 1", /only a comment/],
  ["too many levels", "[".repeat(5000) + "]".repeat(5000), "line 1, column 501", /nested more than 500/],
];

/** Nine aliases of nine aliases of …, nine levels deep. */
const bomb = ["a: &a [x]", ..."bcdefghij".split("").map((name, index) => `${name}: &${name} [${Array.from({ length: 9 }, () => `*${"abcdefghi".charAt(index)}`).join(", ")}]`)].join("\n"); // prettier-ignore

describe("readDocument", () => {
  for (const [claim, text, value] of values) {
    it(claim, () => {
      expect(readDocument(text)).to.deep.equal({ value, issues: [], notes: [] });
    });
  }

  for (const [claim, text, at, message] of issues) {
    it(`refuses ${claim}`, () => {
      const { value, issues: found } = readDocument(text);
      expect(value).to.equal(undefined);
      expect(found[0]?.at).to.equal(at);
      expect(found[0]?.message).to.match(message);
    });
  }

  it("counts lines from the document's first line", () => {
    expect(readDocument("a: 1\na: 2\n", 11).notes[0]?.at).to.equal("line 12, column 1");
  });

  it("reports every problem", () => {
    expect(readDocument("a: .inf\nb: .nan\n? [c]\n: 1\n").issues).to.have.length(3);
  });

  it("refuses aliases that multiply", () => {
    expect(readDocument(bomb).issues.map(({ message }) => message)).to.deep.equal([
      "aliases multiply: up to here 4996 of 5036 values are repetitions",
    ]);
  });

  it("gives an anchor and its aliases as one object", () => {
    const value = readDocument("a: &x {b: 1}\nc: *x\n").value as { readonly a: Json; readonly c: Json };
    expect(value.a).to.equal(value.c);
  });
});

const notes: readonly [claim: string, text: string, value: Json, note: readonly [at: string, message: string]][] = [
  [
    "of two equal keys the last one",
    "a: 1\nb: 2\na: 3\n",
    { a: 3, b: 2 },
    ["line 3, column 1", 'duplicate key "a"; the last one counts'],
  ],
  [
    "of keys that are equal to Go the last one",
    "y: 1\ntrue: 2\n",
    { true: 2 },
    ["line 2, column 1", 'duplicate key "true"; the last one counts'],
  ],
  [
    "nothing below the end of the document",
    "a: 1\n... # end\n# c\nb: 2\n",
    { a: 1 },
    ["line 4, column 1", "Kubernetes reads nothing from here on: the document has ended"],
  ],
];

describe("readDocument, as Kubernetes reads what it does not use", () => {
  for (const [claim, text, value, [at, message]] of notes) {
    it(`reads ${claim}, and says so`, () => {
      expect(readDocument(text)).to.deep.equal({ value, issues: [], notes: [{ at, message }] });
    });
  }

  it("has no word for comments below the end of the document", () => {
    expect(readDocument("a: 1\n...\n# c\n\n...\n").notes).to.deep.equal([]);
  });
});

const lines: readonly [claim: string, text: string, json: string][] = [
  ["writes one compact line", "a: [1, x]\nb:\n", '{"a":[1,"x"],"b":null}'],
  ["writes an empty document as null", "# nothing\n", "null"],
  ["keeps the digits of integers", "a: 9007199254740993\nb: -12345678901234567890\n", '{"a":9007199254740993,"b":-12345678901234567890}'], // prettier-ignore
  ["keeps the digits of decimals", "a: 0.12345678901234567890\n", '{"a":0.12345678901234567890}'],
  ["writes other notations exactly", "a: 0xffffffffffffffff\nb: 0644\nc: 1_000\nd: 1.0\n", '{"a":18446744073709551615,"b":420,"c":1000,"d":1}'], // prettier-ignore
];

describe("documentToJson", () => {
  for (const [claim, text, json] of lines) {
    it(claim, () => {
      expect(documentToJson(text)).to.equal(json);
    });
  }
});
