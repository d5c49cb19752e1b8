import { expect } from "chai";
import fc from "fast-check";
import type { Json, JsonObject } from "../../../src/core/base/json/json.ts";
import { readExactly } from "../../../src/core/documents/document.ts";
import { spliced } from "../../../src/core/documents/page.ts";
import type { Splice } from "../../../src/core/documents/page.ts";
import { says } from "../../../src/core/documents/says.ts";

const list = `# a licence
apiVersion: v1
items:
- kind: A
  text: |
    one

- &b
  kind: B # of two
  of: [1, 2]
  # its end
-   kind: C
    all: {x: y}
kind: List
`;

/** What the edit says by its items, and what it says as a whole. */
function bothSay(text: string, splice: Splice, wanted: Json): readonly [boolean, boolean] {
  const { root, value } = readExactly(text);
  if (root === undefined) throw new Error("the list cannot be read");
  const edited = spliced(text, [splice]);
  const from = { text, root, value: value ?? null, splices: [splice] };
  return [says({ text: edited, from }, wanted), says({ text: edited }, wanted)];
}

const at = (place: string): number => list.indexOf(place);
const inserted = (before: string, text: string): Splice => ({ start: at(before), end: at(before), text });

const rows: readonly [
  claim: string,
  splice: Splice,
  change: (a: JsonObject, b: JsonObject, c: JsonObject) => readonly Json[],
][] = [
  ["a key more in an item", inserted("- &b", "  more: 1\n"), (a, b, c) => [{ ...a, more: 1 }, b, c]],
  ["a key more in the last", inserted("kind: List", "    m: 1\n"), (a, b, c) => [a, b, { ...c, m: 1 }]],
  ["a key that ends up in another item", inserted("  of:", "  m: 1\n"), (a, b, c) => [{ ...a, m: 1 }, b, c]],
  ["an item more", inserted("- &b", "- {}\n"), (...items) => items],
  ["a key beside the items", inserted("- &b", "other: 1\n"), (...items) => items],
  ["an end of the document", inserted("- &b", "...\n"), (...items) => items],
  [
    "an alias to another item",
    inserted("    all:", "    b: *b\n"),
    (a, b) => [a, b, { kind: "C", b, all: { x: "y" } }],
  ],
  ["a change above the items", inserted("apiVersion", "other: 1\n"), (...items) => items],
];

describe("what an edited List says, item by item", () => {
  for (const [claim, splice, change] of rows) {
    it(`is what it says as a whole: ${claim}`, () => {
      const { items, ...beside } = readExactly(list).value as { readonly items: [JsonObject, JsonObject, JsonObject] };
      const [each, whole] = bothSay(list, splice, { ...beside, items: change(...items) });
      expect(each).to.equal(whole);
    });
  }

  it("is what it says as a whole, whatever is spliced where", () => {
    const part = fc.constantFrom(
      "- ",
      "  ",
      "    ",
      "\n",
      "a: 1",
      "#",
      "|",
      "'",
      '"',
      "*b",
      "&b",
      "{",
      "]",
      "---\n",
      "...\n",
      "%",
      "\t",
    );
    const edits = fc.record({
      start: fc.nat(list.length),
      length: fc.constantFrom(0, 0, 1, 2, 5),
      text: fc.array(part, { maxLength: 5 }).map((parts) => parts.join("")),
    });
    const starts = [...list.matchAll(/^- /gm)].map(({ index }) => index);
    const stretches = starts.map((start, index) => [start, starts[index + 1] ?? at("kind: List")] as const);
    const source = readExactly(list).value as { readonly items: readonly Json[] };
    fc.assert(
      fc.property(edits, fc.nat(2), ({ start, length, text }, index) => {
        const [first, last] = stretches[index] ?? [0, 0];
        const from = first + 1 + (start % (last - first - 1));
        const splice = { start: from, end: Math.min(last, from + length), text };
        // What the item says by itself is wanted.
        const alone = ` ${spliced(list, [splice]).slice(first + 1, last + text.length - (splice.end - splice.start))}`;
        const item = readExactly(alone).value ?? null;
        const wanted = { ...source, items: source.items.with(index, item) };
        const [each, whole] = bothSay(list, splice, wanted);
        expect(each).to.equal(whole);
      }),
      { numRuns: 1000 },
    );
  });
});
