/**
 * Records what kubectl reads, and sees to it that it reads what weft writes: `make golden-kubectl`, where Go is. Which
 * streams are read is decided by the seed (`SEED`), how many by `RUNS`.
 */
import { isDeepStrictEqual } from "node:util";
import { writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { editsOf } from "./edits.ts";
import { readWithKubectl } from "./reader.ts";
import { damagedStream, soup, wholeStreams } from "./streams.ts";

const runs = Number(process.env["RUNS"] ?? 5000);
const seed = Number(process.env["SEED"] ?? 1);
const streams = [
  ...wholeStreams,
  ...fc.sample(damagedStream, { numRuns: runs, seed }),
  ...fc.sample(soup, { numRuns: Math.ceil(runs / 4), seed }),
];
const unique = [...new Set(streams)];

const readings = await readWithKubectl(unique);
const lines = unique.map((stream, index) => {
  const { values = [], error } = readings[index] ?? {};
  return JSON.stringify({ stream, values: error === undefined ? values : undefined });
});
await writeFile(new URL("recorded.jsonl.gz", import.meta.url), gzipSync(`${lines.join("\n")}\n`, { level: 9 }));

const edits = unique.flatMap((stream) => editsOf(stream));
const edited = await readWithKubectl(edits.map(({ text }) => text));
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const wrong = edits.filter(({ value }, index) => !isDeepStrictEqual(plain(edited[index]?.values[0]), plain(value)));
const refused = readings.filter(({ error }) => error !== undefined).length;
console.log(
  `${unique.length} streams, ${refused} of them refused by kubectl; ${edits.length} edits, ${wrong.length} read wrongly`,
);
for (const { before, text } of wrong.slice(0, 10)) console.log(JSON.stringify({ before, text }));
process.exitCode = wrong.length > 0 ? 1 : 0;
