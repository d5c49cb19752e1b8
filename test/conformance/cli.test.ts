/** What `linkerd inject` and `linkerd uninject` did with 150 command lines, and what weft does with them. */
import { expect } from "chai";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { run } from "../../src/cli/program.ts";
import { readDocument } from "../../src/core/documents/document.ts";
import { splitDocuments } from "../../src/core/documents/stream.ts";
import { pointer } from "../../src/core/base/json/pointer.ts";
import { recordingIo } from "../support/recording-io.ts";
import { differences, isList, isMap, member, textAt } from "./compare-objects.ts";
import type { Difference, Rewritten, Value } from "./compare-objects.ts";
import { differenceRows, furtherMarks, isForeign } from "./cli-differences.ts";
import type { DifferenceRow, Outcome } from "./cli-differences.ts";

interface Recording {
  readonly id: string;
  readonly class: "ordinary" | "edge" | "error";
  readonly args: readonly string[];
  readonly input: string;
  readonly differs?: readonly string[];
  readonly expect: Outcome & { readonly rewritten?: readonly Rewritten[] };
}

const here = (name: string): URL => new URL(name, import.meta.url);
const recordings = gunzipSync(await readFile(here("cli.jsonl.gz")))
  .toString("utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as Recording);

describe("the recorded command lines", () => {
  let folder: string;
  /** How many went how: equal, or by which of the listed differences. */
  const counters = new Map<string, number>();
  const count = (what: string): void => void counters.set(what, (counters.get(what) ?? 0) + 1);

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "weft-conformance-"));
    await writeFile(join(folder, "anchors"), "IdentityTrustAnchorsPEM");
  });
  after(async () => {
    await rm(folder, { recursive: true });
    const counts = [...counters].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([what, number]) => `${what} ${number}`);
    console.log(`\n  ${recordings.length} command lines: ${counts.join(", ")}`);
  });

  it("are 150", () => {
    expect(recordings).to.have.lengthOf(150);
  });

  for (const recording of recordings) {
    it(`${recording.id} ${recording.args.join(" ")}`, async () => {
      const own = await outcomeOf(recording, folder);
      const used = compare(recording, own);
      count(`${recording.class} ${used.length === 0 ? "equal" : "differs as meant"}`);
      for (const mark of used) count(mark);
    });
  }
});

async function outcomeOf({ args, input }: Recording, folder: string): Promise<Outcome> {
  const file = join(folder, "input");
  await writeFile(file, input);
  const settings = new URL("settings.json", import.meta.url).pathname;
  const argv = args
    .filter((arg) => arg !== "--ignore-cluster")
    .flatMap((arg) =>
      arg === "--manual" ? [arg, "--settings", settings, "--trust-anchors", join(folder, "anchors")] : [arg],
    )
    .map((arg) => (arg === "FILE" ? file : arg));
  const io = recordingIo({ stdin: input });
  const exit = await run(argv, io);
  const isJson = /(^| )(-o ?|--output[= ])json( |$)/.test(args.join(" "));
  return {
    exit,
    stderr: io.written.stderr,
    objects: isJson ? jsonLines(io.written.stdout) : documents(io.written.stdout),
  };
}

const jsonLines = (text: string): readonly Value[] =>
  text === ""
    ? []
    : text
        .replace(/\n$/, "")
        .split("\n")
        .map((line) => JSON.parse(line) as Value);

const documents = (text: string): readonly Value[] =>
  splitDocuments(text).map((document) => {
    const { value, issues } = readDocument(document.text);
    expect(issues, document.text).to.deep.equal([]);
    return (value ?? null) as Value;
  });

/** The marks of the differences that were needed. Fails when something differs that no mark allows. */
function compare(recording: Recording, own: Outcome): readonly string[] {
  const marks = [...(recording.differs ?? []), ...(furtherMarks.get(recording.id) ?? [])];
  const rows = marks.map((mark): readonly [string, DifferenceRow] => {
    const row = differenceRows.get(mark);
    if (row === undefined) throw new Error(`${mark} is in no list of differences`);
    return [mark, row];
  });
  const used = new Set<string>();
  const recorded = recording.expect;
  if (own.exit !== 0) expect(own.objects, "nothing is written after an error").to.deep.equal([]);
  if ((recorded.exit === 0) !== (own.exit === 0)) {
    const allowing = rows.find(([, row]) => row.exit?.(recorded, own));
    expect(
      allowing,
      `exit ${own.exit}, recorded ${recorded.exit}\n${own.stderr}\nrecorded:\n${recorded.stderr}`,
    ).to.not.equal(undefined);
    return allowing === undefined ? [] : [allowing[0]];
  }
  if (recorded.exit !== 0) return [];
  for (const mark of reportMarks(recording, own, rows)) used.add(mark);
  for (const mark of objectMarks(recording, own, rows)) used.add(mark);
  return [...used];
}

type Rows = readonly (readonly [string, DifferenceRow])[];

function objectMarks(recording: Recording, own: Outcome, rows: Rows): readonly string[] {
  const used: string[] = [];
  const skipForeign = rows.some(([mark]) => mark === "S-02");
  const recorded = recording.expect.objects.flatMap((object, index) => (object === null ? [] : [{ object, index }]));
  const objects = own.objects.filter((object) => object !== null);
  expect(objects.length, "number of objects").to.equal(recorded.length);
  for (const [position, { object, index }] of recorded.entries()) {
    const rewritten = recording.expect.rewritten ?? [];
    const plain = differences(object, objects[position] ?? null, rewritten, [index]);
    if (plain.length === 0) continue;
    let [theirs, ours]: readonly [Value, Value] = [object, objects[position] ?? null];
    for (const [mark, row] of rows) {
      const before = differences(theirs, ours, rewritten, [index]).length;
      [theirs, ours] = row.prepared?.(theirs, ours) ?? [theirs, ours];
      if (differences(theirs, ours, rewritten, [index]).length < before) used.push(mark);
    }
    const left = differences(theirs, ours, rewritten, [index]).filter((difference) => {
      if (skipForeign && isForeign(itemAt(theirs, difference))) return void used.push("S-02");
      const allowing = rows.find(([, row]) => row.object?.({ ...difference, path: difference.path.slice(1) }, theirs));
      if (allowing !== undefined) used.push(allowing[0]);
      return allowing === undefined;
    });
    expect(left.map(shown)).to.deep.equal([]);
  }
  return used;
}

/** The object, or the item of a List, that the difference is in. */
function itemAt(object: Value, { path }: Difference): Value {
  const items = isMap(object) ? member(object, "items") : undefined;
  return path[1] === "items" && isList(items) ? (items[Number(path[2])] ?? null) : object;
}

const shown = ({ path, recorded, own }: Difference): string =>
  `${pointer(...path)}: recorded ${JSON.stringify(recorded)?.slice(0, 300)}, own ${JSON.stringify(own)?.slice(0, 300)}`;

function reportMarks(recording: Recording, own: Outcome, rows: Rows): readonly string[] {
  const hasRewrittenName = (recording.expect.rewritten ?? []).some(
    ({ at, rule }) => rule === "text" && at.endsWith("/metadata/name"),
  );
  const foreign = rows.some(([mark]) => mark === "S-02") ? foreignNames(recording.expect.objects) : [];
  const lines = (text: string): readonly string[] =>
    reportLines(text)
      .map((line) => (hasRewrittenName ? line.replaceAll(/"[^"]*"/g, '""') : line))
      .filter((line) => !foreign.some((name) => line.includes(name)));
  const isMore = (line: string): boolean => rows.some(([, row]) => row.more?.(line) === true);
  const [theirs, ours] = [lines(recording.expect.stderr), lines(own.stderr).filter((line) => !isMore(line))];
  expect(ours.length, `report:\n${own.stderr}\nrecorded:\n${recording.expect.stderr}`).to.equal(theirs.length);
  return theirs.flatMap((line, index) => {
    if (line === ours[index]) return [];
    const allowing = rows.find(([, row]) => row.line?.(line, ours[index] ?? ""));
    expect(allowing, `report line ${ours[index]}, recorded ${line}`).to.not.equal(undefined);
    return allowing === undefined ? [] : [allowing[0]];
  });
}

const reportLines = (stderr: string): readonly string[] =>
  stderr
    .split("\n")
    .filter(
      (line) =>
        /^[√‼] /.test(line) ||
        / "[^"]*" (injected|annotated|skipped|uninjected)$/.test(line) ||
        line === 'document missing "kind" field, skipped',
    );

const foreignNames = (objects: readonly Value[]): readonly string[] =>
  objects
    .flatMap((object) => {
      const items = isMap(object) ? member(object, "items") : undefined;
      return isList(items) ? items : [object];
    })
    .filter(isForeign)
    .flatMap((object) => {
      const [kind, name] = [textAt(object, "kind").toLowerCase(), textAt(object, "metadata", "name")];
      return [`${kind} "${name}"`, `${kind}/${name}`];
    });
