/** What kubectl reads weft reads, with the same value: compared with a recording (`kubectl/`, `make golden-kubectl`). */
import { expect } from "chai";
import { readFile } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { runs } from "../support/properties.ts";
import { readDocument } from "../../src/core/documents/document.ts";
import { splitDocuments } from "../../src/core/documents/stream.ts";
import { editsOf } from "./documents/kubectl/edits.ts";
import { damagedStream } from "./documents/kubectl/streams.ts";

interface Recording {
  readonly stream: string;
  /** Of each document; undefined: kubectl refuses the stream. */
  readonly values?: readonly unknown[];
}

const recordings = gunzipSync(await readFile(new URL("documents/kubectl/recorded.jsonl.gz", import.meta.url)))
  .toString("utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as Recording);

/** As a recording has it; the first issue in place of values. */
function readByWeft(stream: string): Recording & { readonly refusal?: string } {
  const values: unknown[] = [];
  for (const { text, line } of splitDocuments(stream)) {
    const { value = null, issues } = readDocument(text, line);
    if (issues[0]) return { stream, refusal: issues[0].message };
    values.push(value);
  }
  return { stream, values: JSON.parse(JSON.stringify(values)) as unknown[] };
}

/** Where the two differ on purpose (docs/manifests.md); `refusal`: weft's words for what kubectl reads. */
const differences: readonly (readonly [reason: string, refusal: RegExp])[] = [
  ["text behind a JSON value: kubectl reads it as another document, or not at all", /^text behind a JSON value/],
  [
    "empty brackets as a key: kubectl reads the brackets and drops the rest",
    /^a key must be text|^expected a key here|^a key cannot begin/,
  ],
  ["a JSON number beyond a double", /is not a number that fits$/],
  ["a tab before JSON that is none", /^a tab stands where indentation/],
];

describe("what kubectl reads", () => {
  it("weft reads, with the same value, and refuses what kubectl refuses", () => {
    const counts = { read: 0, refused: 0, differs: 0 };
    for (const { stream, values } of recordings) {
      const { refusal, values: own } = readByWeft(stream);
      if (isDeepStrictEqual(JSON.parse(JSON.stringify(values ?? null)), own ?? null))
        counts[values ? "read" : "refused"] += 1;
      else {
        const isKnown = differences.some(([, words]) => refusal !== undefined && words.test(refusal));
        const isJsonBehind = values === undefined && /(^|\n)\s*\{[^]*\}\s*(#.*\s*)*$/.test(stream);
        expect(isKnown || isJsonBehind, JSON.stringify({ stream, values, own, refusal })).to.equal(true);
        counts.differs += 1;
      }
    }
    expect(counts.read).to.be.greaterThan(2000);
    expect(counts.refused).to.be.greaterThan(2000);
    expect(counts.differs).to.be.lessThan(recordings.length / 500);
  });
});

/** Lines with their ends; the last one may have none. A byte order mark belongs to none. */
const linesOf = (text: string): readonly string[] =>
  text
    .replace(/^\uFEFF/, "")
    .match(/[^\n\r\u0085\u2028\u2029]*(?:\r*\n|[\r\u0085\u2028\u2029])|[^\n\r\u0085\u2028\u2029]+$/g) ?? [];

/** What is left of the lines after taking out, in order, those of the text. */
function withoutAdded(before: readonly string[], after: readonly string[]): readonly string[] {
  let next = 0;
  for (const line of after) if (line.trimEnd() === before[next]?.trimEnd()) next += 1;
  return before.slice(next);
}

describe("an addition to what kubectl reads", () => {
  it("adds lines and changes none, and taking it out gives the former text", () => {
    fc.assert(
      fc.property(damagedStream, (stream) => {
        for (const { before, text, value, back } of editsOf(stream)) {
          expect(readDocument(text).value).to.deep.equal(value);
          expect(withoutAdded(linesOf(before), linesOf(text)), JSON.stringify({ before, text })).to.deep.equal([]);
          expect(back).to.equal(before);
        }
      }),
      runs(100),
    );
  });
});
