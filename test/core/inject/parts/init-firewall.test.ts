/** The shell text of mode iptables, run by a real shell with programs that only write down what they were given. */
import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { restoreScript } from "../../../../src/core/inject/parts/init-firewall.ts";
import { jumps, restoreTexts } from "../../../../src/core/redirect/iptables.ts";
import { parseArguments } from "../../../../src/core/redirect/arguments.ts";

const asked = parseArguments(["-p", "4143", "-o", "4140", "-u", "2102", "--outbound-ports-to-ignore", "25"]);
if ("issues" in asked) throw new Error(JSON.stringify(asked.issues));
const { v4 = "", v6 = "" } = restoreTexts(asked.redirect);

interface Saved {
  /** What `iptables-…-save` prints; `undefined`: it fails. */
  readonly v4?: string | undefined;
  readonly v6?: string | undefined;
}

let folder = "";

/** Runs the script; `restored`: each call of a restore program, with its flags and its input. */
function ran(args: readonly string[], saved: Saved = { v4: "", v6: "" }, failingTest?: string) {
  for (const [program, text] of [["iptables", saved.v4] as const, ["ip6tables", saved.v6] as const]) {
    for (const backend of ["nft", "legacy"]) {
      const script = (what: string, body: string): void => {
        const file = join(folder, `${program}-${backend}-${what}`);
        writeFileSync(file, `#!/bin/sh\n${body}\n`);
        chmodSync(file, 0o755);
      };
      writeFileSync(join(folder, `${program}.saved`), text ?? "");
      script("save", text === undefined ? "echo no >&2; exit 4" : `cat ${folder}/${program}.saved`);
      const fails = failingTest === program ? `case "$*" in *--test*) echo bad >&2; exit 2;; esac` : "";
      script("restore", `{ echo "> ${program}-${backend}-restore $*"; cat; } >>${folder}/log\n${fails}`);
    }
  }
  const { status, stderr } = spawnSync("/bin/sh", ["-c", restoreScript, "linkerd-init", ...args], {
    env: { PATH: `${folder}:/usr/bin:/bin` },
    encoding: "utf8",
  });
  const log = existsSync(join(folder, "log")) ? readFileSync(join(folder, "log"), "utf8") : "";
  const restored = log
    .split("> ")
    .slice(1)
    .map((call) => {
      const [head = "", ...lines] = call.split("\n");
      return [head.trim(), lines.join("\n")] as const;
    });
  return { status, stderr, restored };
}

describe("the shell text of mode iptables", () => {
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "weft-init-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const test = "-w 5 --noflush --test";
  const apply = "-w 5 --noflush";

  it("tests both families before it writes either, with the rules as they were given", () => {
    const { status, stderr, restored } = ran(["nft", v4, v6]);
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: "" });
    expect(restored).to.deep.equal([
      [`iptables-nft-restore ${test}`, v4],
      [`ip6tables-nft-restore ${test}`, v6],
      [`iptables-nft-restore ${apply}`, v4],
      [`ip6tables-nft-restore ${apply}`, v6],
    ]);
  });

  it("leaves IPv6 alone where it has no rules", () => {
    const { status, restored } = ran(["legacy", v4, ""], { v4: "", v6: undefined });
    expect(status).to.equal(0);
    expect(restored.map(([head]) => head)).to.deep.equal([
      `iptables-legacy-restore ${test}`,
      `iptables-legacy-restore ${apply}`,
    ]);
  });

  const foreign = "-A PREROUTING -p tcp -m tcp --dport 1 -j PROXY_INIT_REDIRECT";
  const [prerouting, output] = jumps;
  const present: readonly [claim: string, lines: readonly string[], leftOut: readonly string[]][] = [
    ["both jumps", [prerouting, output], [prerouting, output]],
    ["one jump", [output], [output]],
    ["a jump of ours twice", [output, output], [output]],
    ["a conditional jump of others", [foreign], []],
    ["the rules in our chains", v4.split("\n").filter((line) => line.startsWith("-A PROXY_INIT")), []],
  ];
  for (const [claim, lines, leftOut] of present) {
    it(`knows what is there already: ${claim}`, () => {
      const saved = ["# Generated", "*nat", ":PREROUTING ACCEPT [0:0]", ...lines, "COMMIT", ""].join("\n");
      const { restored } = ran(["nft", v4, ""], { v4: saved });
      const expected = v4.split("\n").filter((line) => !leftOut.includes(line));
      expect(restored.map(([, text]) => text.split("\n"))).to.deep.equal([expected, expected]);
    });
  }

  it("writes nothing when the rules cannot be read", () => {
    for (const saved of [
      { v4: undefined, v6: "" },
      { v4: "", v6: undefined },
    ]) {
      const { status, stderr, restored } = ran(["nft", v4, v6], saved);
      expect({ failed: status !== 0, stderr, restored }).to.deep.equal({ failed: true, stderr: "no\n", restored: [] });
    }
  });

  it("writes neither family when one of them is refused", () => {
    for (const program of ["iptables", "ip6tables"]) {
      const { status, stderr, restored } = ran(["nft", v4, v6], { v4: "", v6: "" }, program);
      expect({ failed: status !== 0, stderr }).to.deep.equal({ failed: true, stderr: "bad\n" });
      expect(restored.filter(([head]) => !head.includes("--test"))).to.deep.equal([]);
    }
  });

  it("writes the close-wait time where it is told to", () => {
    const file = join(folder, "close_wait");
    expect(ran(["nft", v4, v6, file, "30"]).status).to.equal(0);
    expect(readFileSync(file, "utf8")).to.equal("30");
  });

  it("never takes its arguments for words of its own", () => {
    const hostile = `$(touch ${folder}/seen)\`touch ${folder}/seen\`'; touch ${folder}/seen; '" -n %s \\n *\n`;
    const { restored } = ran(["nft", hostile, ""]);
    expect(restored.map(([, text]) => text)).to.deep.equal([hostile, hostile]);
    expect(existsSync(join(folder, "seen"))).to.equal(false);
  });
});
