import { expect } from "chai";
import { run } from "../../src/cli/program.ts";
import { installedChecks } from "../../src/core/checks/after.ts";
import { checksBefore } from "../../src/core/checks/before.ts";
import { anchorsOf } from "../../src/core/print/page.ts";
import { docsPages } from "../../src/files/docs.ts";
import { recordingIo } from "../support/recording-io.ts";

async function ran(...args: readonly string[]) {
  const io = recordingIo();
  const exit = await run(["help", ...args], io);
  return { exit, ...io.written };
}

describe("weft help", () => {
  it("lists the pages", async () => {
    const { exit, stdout } = await ran("docs");
    expect(exit).to.equal(0);
    const names = stdout
      .trim()
      .split("\n")
      .filter((line) => !line.startsWith(" "))
      .map((line) => line.split(" ")[0]);
    expect(names).to.deep.equal((await docsPages()).map(({ name }) => `${name}.md`));
  });

  for (const [claim, word, first] of [
    ["a page whose name no command has", "annotations", /^Annotations\n=+\n/],
    ["a page by its file", "check.md", /^Is everything right\? weft check\n=+\n/],
    ["a section", "check#pods", /^PODS\n\nevery pod says that it is ready\. /],
    ["the help of a command, whatever pages there are", "check", /^Usage: weft check /],
  ] as const) {
    it(`prints ${claim}`, async () => {
      const { exit, stdout } = await ran(word);
      expect(exit).to.equal(0);
      expect(stdout).to.match(first);
    });
  }

  it("keeps to 80 columns where there is no terminal, words and code apart", async () => {
    const { stdout } = await ran("install.md");
    const long = stdout
      .split("\n")
      .filter((line) => line.length > 80 && !line.startsWith("    ") && line.includes(" "));
    expect(long).to.deep.equal([]);
  });

  for (const [claim, word, line] of [
    ["a page that is not there", "insall", 'weft: no command and no page "insall"; did you mean install?\n'],
    ["a page like no other", "zzzzzz.md", 'weft: no command and no page "zzzzzz"; weft help docs lists the pages\n'],
    ["a section that is not there", "check#podz", 'weft: page check has no section "podz"; did you mean check#pods?\n'],
  ] as const) {
    it(`refuses ${claim}`, async () => {
      expect(await ran(word)).to.deep.equal({ exit: 2, stdout: "", stderr: line });
    });
  }

  it("has a section for each check that a hint can name", async () => {
    const page = (await docsPages()).find(({ name }) => name === "check");
    const anchors = new Set(anchorsOf(page?.text ?? ""));
    const ids = [...installedChecks, ...checksBefore].flatMap(({ checks }) => checks.map(({ id }) => id));
    expect(ids.filter((id) => !anchors.has(id))).to.deep.equal([]);
  });
});
