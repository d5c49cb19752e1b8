import { expect } from "chai";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../../src/cli/program.ts";
import { recordingIo } from "../../support/recording-io.ts";

const typo = "kind: Namespace\nmetadata: {name: shop, annotations: {linkerd.io/injct: enabled}}\n";

describe("weft lint", () => {
  let folder = "";

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "weft-lint-"));
    await mkdir(join(folder, "chart"));
    await writeFile(join(folder, "chart", "shop.yaml"), typo);
    await writeFile(join(folder, "chart", "values.yml"), "replicas: 1\n");
    await writeFile(join(folder, "chart", "NOTES.txt"), "{{ a template\n");
  });
  after(() => rm(folder, { recursive: true }));

  const ran = async (stdin: string, ...args: readonly string[]) => {
    const io = recordingIo({ stdin });
    const exit = await run(["lint", ...args], io);
    return { exit, ...io.written };
  };

  it("passes what is right with 0", async () => {
    expect(await ran("kind: Namespace\nmetadata: {name: shop}\n", "-")).to.deep.equal({
      exit: 0,
      stdout: "",
      stderr: "weft: 1 file, nothing to say\n",
    });
  });

  it("fails with 1, and says where", async () => {
    const { exit, stdout, stderr } = await ran(typo, "-");
    expect(exit).to.equal(1);
    expect(stdout).to.match(/^standard input:2: warning: namespace\/shop: .*linkerd\.io\/injct/);
    expect(stderr).to.equal("weft: 1 file, 1 warning\n");
  });

  for (const [level, exit] of [
    ["error", 0],
    ["warning", 1],
    ["note", 1],
    ["never", 0],
  ] as const) {
    it(`--fail-on ${level} ends a warning with ${exit}`, async () => {
      expect((await ran(typo, "-", "--fail-on", level)).exit).to.equal(exit);
    });
  }

  it("reads the manifests of a folder, and is silent about its other files", async () => {
    const { exit, stdout } = await ran("", folder);
    expect(exit).to.equal(1);
    expect(stdout.trim().split("\n")).to.have.length(1);
    expect(stdout).to.include(join("chart", "shop.yaml:2"));
  });

  it("says of a file that was named that it is no object", async () => {
    const { exit, stdout } = await ran("", join(folder, "chart", "values.yml"));
    expect({ exit, stdout }).to.deep.equal({
      exit: 0,
      stdout: `${join(folder, "chart", "values.yml")}:1: note: no kind: values, or settings of some program, and no Kubernetes object; left as it is\n`,
    });
  });

  it("takes a file for Helm values where that is said", async () => {
    const path = join(folder, "chart", "values.yml");
    const { exit, stdout } = await ran("", "--values", path);
    expect(exit).to.equal(1);
    expect(stdout.startsWith(`${path}:1: warning: replicas: `), stdout).to.equal(true);
  });

  for (const [claim, args, words] of [
    ["no input", [], "name the files or folders to look at, or - for standard input"],
    [
      "a level that is none",
      ["-", "--fail-on", "often"],
      '--fail-on: "often" is not one of error, warning, note, never',
    ],
    ["a format that is none", ["-", "-o", "xml"], '--output: "xml" is not one of text, json, github, sarif'],
  ] as const) {
    it(`refuses ${claim} with 2`, async () => {
      expect(await ran("", ...args)).to.deep.equal({ exit: 2, stdout: "", stderr: `weft: ${words}\n` });
    });
  }
});
