/** docs/flags.md is what the rows say, and has every flag that a serving command takes. */
import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import { format, resolveConfig } from "prettier";
import { flagsPage, servingCommands } from "../../scripts/pages/flags.ts";
import { run } from "../../src/cli/program.ts";
import { recordingIo } from "../support/recording-io.ts";

const file = new URL("../../docs/flags.md", import.meta.url);

describe("docs/flags.md", () => {
  it("is made from the rows (make golden rewrites it)", async () => {
    const page = await format(flagsPage(), { ...(await resolveConfig(file)), parser: "markdown" });
    if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, page);
    expect(readFileSync(file, "utf8")).to.equal(page);
  });

  it("has the flags of every command that reads weft's variables, and only these", async () => {
    const taken: Record<string, readonly string[]> = {};
    for (const [, command = ""] of (await helpOf()).matchAll(/^ {2}([a-z]+) /gm)) {
      const options = (await helpOf(command)).split(/^ {2}(?=-)/m);
      const flags = options.flatMap((text) => {
        const variable = /\[\$(WEFT_[A-Z_]+)\]/.exec(text)?.[1];
        return variable === undefined ? [] : [`${text.split(" ", 1)[0]} ${variable}`];
      });
      if (flags.length > 0) taken[command] = flags.toSorted();
    }
    const written = Object.entries(servingCommands).map(([command, flags]) => [
      command,
      flags.map(({ name, environment }) => `${name} ${environment}`).toSorted(),
    ]);
    expect(taken).to.deep.equal(Object.fromEntries(written));
  });
});

async function helpOf(...command: readonly string[]): Promise<string> {
  const io = recordingIo();
  await run([...command, "--help"], io);
  return io.written.stdout;
}
