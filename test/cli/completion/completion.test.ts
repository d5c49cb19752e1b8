import { expect } from "chai";
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../../../src/cli/program.ts";
import { recordingIo } from "../../support/recording-io.ts";

const repository = fileURLToPath(new URL("../../../", import.meta.url));
const here = (shell: string): boolean => spawnSync(shell, ["--version"]).status === 0;

/** Bash's completion is a function that reads COMP_WORDS, which has `=` and `:` as words of their own. */
const inBash = `
  source <(weft completion bash)
  COMP_WORDS=("$@")
  COMP_CWORD=$(($# - 1))
  _weft
  printf '%s\\n' "\${COMPREPLY[@]}"`;

/** A terminal of zsh's, in which Tab lists what is there. */
const inZsh = `
  zmodload zsh/zpty
  zpty z zsh -f -i
  zpty -w z "PS1=; stty columns 200; autoload -Uz compinit; compinit -D; source <(weft completion zsh); bindkey '^I' list-choices; echo READ''Y"
  zpty -r z line '*READY*'
  zpty -w -n z "$1"$'\\t'
  zpty -r z line "*$2*"
  print -rn -- "$line"`;

describe("weft completion", () => {
  let folder = "";
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "weft-completion-"));
    const weft = join(folder, "weft");
    writeFileSync(weft, `#!/bin/sh\nexec "${process.execPath}" "${repository}src/main.ts" "$@"\n`);
    chmodSync(weft, 0o755);
  });
  after(() => rmSync(folder, { recursive: true }));

  const said = (file: string, ...args: readonly string[]): string =>
    execFileSync(file, args, {
      env: { ...process.env, PATH: `${folder}:${process.env["PATH"] ?? ""}` },
      encoding: "utf8",
      timeout: 15_000,
    });

  it("says which shells there are", async () => {
    const io = recordingIo();
    expect(await run(["completion", "bsh"], io)).to.equal(2);
    expect(io.written.stderr).to.equal('weft: no completion for "bsh"; did you mean bash?\n');
  });

  const ofBash: readonly [claim: string, words: readonly string[], expected: string][] = [
    ["completes a command", ["weft", "comp"], "completion\n"],
    ["completes a value behind =", ["weft", "edges", "--output", "=", "j"], "json\n"],
    ["completes an empty value behind =", ["weft", "edges", "--output", "="], "table\nwide\njson\n"],
    ["completes the word behind a flag", ["weft", "edges", "-o", "w"], "wide\n"],
  ];
  for (const [claim, words, expected] of ofBash) {
    it(`bash ${claim}`, function () {
      if (!here("bash")) this.skip();
      expect(said("bash", "--norc", "-c", inBash, "bash", ...words)).to.equal(expected);
    });
  }

  it("bash completes what is left of a word with a colon", function () {
    if (!here("bash")) this.skip();
    const kubeconfig = join(folder, "config");
    writeFileSync(kubeconfig, "contexts: [{ name: arn:aws:eks }]");
    const words = ["weft", "edges", "--kubeconfig", kubeconfig, "--context", "arn", ":", "aw"];
    expect(said("bash", "--norc", "-c", inBash, "bash", ...words)).to.equal("aws:eks\n");
  });

  const ofFish: readonly [line: string, expected: string][] = [
    ["weft completion ", "bash\nfish\nzsh\n"],
    ["weft edges --output=", "--output=json\n--output=table\n--output=wide\n"],
    ["weft vers", "version\tprint the versions of this command and of the weft in the cluster\n"],
  ];
  for (const [line, expected] of ofFish) {
    it(`fish completes ${JSON.stringify(line)}`, function () {
      if (!here("fish")) this.skip();
      expect(
        said("fish", "--no-config", "-c", `weft completion fish | source; complete -C ${JSON.stringify(line)}`),
      ).to.equal(expected);
    });
  }

  const ofZsh: readonly [line: string, last: string][] = [
    ["weft vers", "version  -- print the versions"],
    ["weft edges --output=", "wide"],
    ["weft lint package-l", "package-lock.json"],
  ];
  for (const [line, last] of ofZsh) {
    it(`zsh completes ${JSON.stringify(line)}`, function () {
      if (!here("zsh")) this.skip();
      expect(said("zsh", "-f", "-c", inZsh, "zsh", line, last)).to.include(last);
    });
  }
});
