/**
 * Whole streams, compared byte for byte with the files in `test/golden`. `GOLDEN=rewrite npx mocha …` writes what comes
 * out; the difference is then read in the review.
 */
import { expect } from "chai";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { run } from "../../src/cli/program.ts";
import { recordingIo } from "../support/recording-io.ts";

const golden = (name: string): string => fileURLToPath(new URL(`../golden/${name}`, import.meta.url));
const settings = fileURLToPath(new URL("../conformance/settings.json", import.meta.url));

const rows: readonly [input: string, output: string, args: readonly string[]][] = [
  ["cli-style.input.yaml", "cli-style.inject.output.yaml", ["inject"]],
  ["cli-style.input.yaml", "cli-style.manual.output.yaml", ["inject", "--manual", "--settings", settings]],
  ["cli-style.input.yaml", "cli-style.output.jsonl", ["inject", "--opaque-ports", "25", "-o", "json"]],
  ["cli-style.manual.output.yaml", "cli-style.uninject.output.yaml", ["uninject"]],
];

async function written(args: readonly string[], input: string): Promise<string> {
  const io = recordingIo({ stdin: input });
  const exit = await run([...args, "-"], io);
  expect(exit, io.written.stderr).to.equal(0);
  return io.written.stdout;
}

describe("golden manifests", () => {
  for (const [input, output, args] of rows) {
    it(`${args[0]} ${args.includes("--manual") ? "--manual " : ""}of ${input} is ${output}`, async () => {
      const text = await written(args, await readFile(golden(input), "utf8"));
      if (process.env["GOLDEN"] === "rewrite") await writeFile(golden(output), text);
      expect(text).to.equal(await readFile(golden(output), "utf8"));
    });
  }

  it("uninject of what inject wrote is what it was, byte for byte", async () => {
    const input = await readFile(golden("cli-style.input.yaml"), "utf8");
    expect(await readFile(golden("cli-style.uninject.output.yaml"), "utf8")).to.equal(input);
  });
});
