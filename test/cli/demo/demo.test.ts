import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { expect } from "chai";
import { broken, demoPods } from "../../../src/cli/demo/pods.ts";
import { run } from "../../../src/cli/program.ts";
import { recordingIo } from "../../support/recording-io.ts";
import { until } from "../../support/until.ts";

const shell = async (line: string): Promise<string> => (await promisify(execFile)("sh", ["-c", line])).stdout;

/** Runs the demo until it says that it serves, lets the reader do something, and stops it. */
async function withDemo(
  during: (stdout: () => string) => Promise<void>,
): Promise<{ exit: number; stdout: string; stderr: string }> {
  const stop = new AbortController();
  const io = recordingIo({ signal: stop.signal });
  const ended = run(["demo"], io);
  await until(() => io.written.stdout.includes("Ctrl-C"));
  try {
    await during(() => io.written.stdout);
  } finally {
    stop.abort();
  }
  return { exit: await ended, ...io.written };
}

/** What goes on in the next line, in one. */
const unfolded = (stdout: string): string => stdout.replaceAll(/\n {11,}(?=\S)/g, " ").replaceAll(/ \\\n +/g, " ");

const commandIn = (stdout: string, words: string): string =>
  unfolded(stdout)
    .split("\n")
    .find((line) => line.trim().startsWith("curl") && line.includes(words))
    ?.trim() ?? "";

describe("weft demo", () => {
  it("--once sends the pods over HTTPS, shows each answer, and ends well", async () => {
    const io = recordingIo();
    expect(await run(["demo", "--once"], io)).to.equal(0);
    const { stderr } = io.written;
    expect(stderr).to.equal("");
    expect(io.written.stdout.split("\n").filter((line) => line.length > 80)).to.deep.equal([]);
    const stdout = unfolded(io.written.stdout);
    const rowsOf = (what: string): readonly string[] =>
      [...stdout.matchAll(new RegExp(`^  ${what} +(.*)$`, "gm"))].map(([, text = ""]) => text);
    expect(rowsOf("decision")).to.deep.equal(["injected", "injected", "skipped", "injected"]);
    expect(rowsOf("because")).to.deep.equal([
      'linkerd.io/inject is absent on the pod and "enabled" on the namespace',
      'linkerd.io/inject is absent on the pod and "enabled" on the namespace',
      "hostNetwork is enabled",
      'linkerd.io/inject is "enabled" on the pod and absent on the namespace',
    ]);
    expect(rowsOf("warning").map((text) => text.replace(/^pod\/[a-z0-9-]+: /, ""))).to.deep.equal([
      "asked for injection, but is not injected: hostNetwork is enabled",
      'config.linkerd.io/proxy-memory-limit: "64MB" is not a Kubernetes quantity such as 100m, 2 or 64Mi; proxy.resources.memory.limit stays unset',
      'annotation "config.linkerd.io/proxy-log-levl" is unknown; did you mean config.linkerd.io/proxy-log-level?',
    ]);
    expect(rowsOf("answered").map((text) => /HTTP (\d+) .*\((.*)\)$/.exec(text)?.slice(1))).to.deep.equal([
      ["200", "TLSv1.3, new connection, certificate verified"],
      ["200", "TLSv1.3, same connection, certificate verified"],
      ["200", "TLSv1.3, same connection, certificate verified"],
      ["200", "TLSv1.3, same connection, certificate verified"],
    ]);
    expect(rowsOf("containers")).to.deep.equal([
      "web, and now linkerd-init, linkerd-proxy",
      "db, and now linkerd-init, linkerd-proxy, linkerd-debug",
      "agent, as before",
      "api, and now linkerd-init, linkerd-proxy",
    ]);
    expect(stdout).to.match(/^── 1 of 4 .*\n\n {2}Its namespace asks for the proxy, so the pod gets it: /m);
    expect(stdout).to.include("weft demo --once --diff").and.not.to.include("the pod as admitted");
    expect([...stdout.matchAll(/^ {2}Warning: (.*)$/gm)].map(([, text]) => text)).to.deep.equal([
      'deployment/cart: config.linkerd.io/opaque-ports: "redis" is left out: not a port, a range or the name of a container port',
      'deployment/cart: annotation "config.linkerd.io/proxy-cpu-limt" is unknown; did you mean config.linkerd.io/proxy-cpu-limit?',
    ]);
    expect(stdout).not.to.include("Your turn");
    // Two screens of a terminal.
    expect(io.written.stdout.split("\n").length).to.be.at.most(80);
  });

  it("--diff shows what changed in each pod", async () => {
    const io = recordingIo();
    expect(await run(["demo", "--once", "--diff"], io)).to.equal(0);
    expect(io.written.stdout.split("\n").filter((line) => line.length > 80)).to.deep.equal([]);
    const stdout = unfolded(io.written.stdout);
    for (const line of [
      "  +    linkerd.io/proxy-deployment: web",
      "  +    config.linkerd.io/proxy-cpu-request: 100m",
      "  +      value: 3306,33060",
      "  +  - name: linkerd-debug",
      "  the pod stays as it is",
    ]) {
      expect(stdout.split("\n").map((each) => each.replace(/value: "(.*)"/, "value: $1"))).to.include(line);
    }
  });

  it("--full shows every variable", async () => {
    const io = recordingIo();
    await run(["demo", "--once", "--full"], io);
    expect(io.written.stdout).to.include("LINKERD2_PROXY_IDENTITY_TRUST_ANCHORS").and.not.to.include("# …");
  });

  it("serves on until it is stopped: the printed commands work as printed", async function () {
    const hasCurl = await shell("command -v curl").catch(() => "");
    if (hasCurl === "") return this.skip();
    let folder = "";
    const ended = await withDemo(async (stdout) => {
      const review = commandIn(stdout(), "/inject?timeout=10s");
      folder = /--cacert (\S+)\/ca\.crt/.exec(review)?.[1] ?? "";
      expect(await shell(review))
        .to.include('"allowed":true')
        .and.to.include("did you mean")
        .and.to.match(/\}\n$/);
      expect(await shell(commandIn(stdout(), "/metrics"))).to.match(/^weft_\w+\{.*result="injected".*\} 4$/m);
      expect(await shell(commandIn(stdout(), "/readyz"))).to.include("serving");
    });
    expect(ended.exit).to.equal(0);
    expect(ended.stderr).to.match(/INFO {2}injected uid=.* owner=deployment\/api /);
    const left = await readFile(`${folder}/ca.crt`).catch((error: NodeJS.ErrnoException) => error.code);
    expect(left, "the temporary files are gone").to.equal("ENOENT");
  });

  it("fails when it cannot listen", async () => {
    const io = recordingIo();
    const exit = await run(["demo", "--once", "--address", "203.0.113.1:1"], io);
    expect({ exit, ...io.written }).to.deep.equal({
      exit: 1,
      stdout: "",
      stderr: "weft: cannot listen on 203.0.113.1:1: this machine has no such address\n",
    });
  });

  it("tells what an answer was not", () => {
    const [plain] = demoPods;
    if (plain === undefined) throw new Error("the demo has pods");
    const verdict = {
      status: 500,
      allowed: false,
      decision: "",
      reasons: ["x"],
      warnings: ["w"],
      operations: 0,
      pod: {},
    };
    expect(broken(plain.promise, verdict)).to.deep.equal([
      "status: expected 200, got 500",
      "allowed: expected true, got false",
      "decision: expected injected, got ",
      "reasons: expected , got x",
      "containers: expected linkerd-init, linkerd-proxy, web, got ",
      "number of warnings: expected 0, got 1",
    ]);
  });
});
