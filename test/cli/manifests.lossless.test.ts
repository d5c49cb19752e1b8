/** Nothing is lost: claims about every input of the recorded command lines, with and without --manual. */
import { expect } from "chai";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { run } from "../../src/cli/program.ts";
import { readDocument } from "../../src/core/documents/document.ts";
import { splitDocuments } from "../../src/core/documents/stream.ts";
import { recordingIo } from "../support/recording-io.ts";
import { differences } from "../conformance/compare-objects.ts";
import type { Value } from "../conformance/compare-objects.ts";

const conformance = (name: string): string => fileURLToPath(new URL(`../conformance/${name}`, import.meta.url));
const inputs = gunzipSync(await readFile(conformance("cli.jsonl.gz")))
  .toString("utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as { readonly id: string; readonly input: string });
const manual = ["--manual", "--settings", conformance("settings.json")];

/** Standard output; `undefined` when the input is refused. What was made is not made again: most of it is asked for twice. */
const written = memo(async (args: readonly string[], input: string): Promise<string | undefined> => {
  const io = recordingIo({ stdin: input });
  return (await run([...args, "-"], io)) === 0 ? io.written.stdout : undefined;
});

function memo<Input extends readonly unknown[], Value>(make: (...input: Input) => Value): (...input: Input) => Value {
  const made = new Map<string, Value>();
  return (...input) => {
    const key = JSON.stringify(input);
    const value = made.get(key) ?? make(...input);
    made.set(key, value);
    return value;
  };
}

const values = (text: string): readonly Value[] =>
  splitDocuments(text).map((document) => (readDocument(document.text).value ?? null) as Value);

for (const args of [["inject"], ["inject", ...manual]]) {
  describe(`every recorded input, ${args.includes("--manual") ? "with" : "without"} --manual`, function () {
    this.timeout(180_000);

    it("comes out the same when it is injected again", async () => {
      let compared = 0;
      for (const { id, input } of inputs) {
        const once = await written(args, input);
        if (once === undefined) continue;
        expect(await written(args, once), id).to.equal(once);
        compared += 1;
      }
      expect(compared).to.be.greaterThan(140);
    });

    it("comes out as it went in when it is uninjected again", async () => {
      let compared = 0;
      let same = 0;
      for (const { id, input } of inputs) {
        const injected = await written(args, input);
        // What is marked as the control plane's keeps the labels and annotations of an injection.
        if (injected === undefined || input.includes("linkerd.io/control-plane-component")) continue;
        const before = await written(["uninject"], input);
        const after = await written(["uninject"], injected);
        compared += 1;
        if (before === after) same += 1;
        // An alias of something that injection changed is written out; a map or list that was empty before may be gone.
        else expect(differences(values(after ?? ""), values(before ?? ""), []), id).to.deep.equal([]);
      }
      expect(same, `of ${compared}`).to.be.greaterThan(compared * 0.9);
    });
  });
}
