import { expect } from "chai";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { complete } from "../../../src/cli/completion/complete.ts";
import { commands, run } from "../../../src/cli/program.ts";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { httpApi } from "../../support/api-http.ts";
import type { HttpApi } from "../../support/api-http.ts";
import { recordingIo } from "../../support/recording-io.ts";

const named = (apiVersion: string, kind: string, name: string, namespace?: string): JsonObject => ({
  apiVersion,
  kind,
  metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
});

describe("weft __complete", () => {
  let folder = "";
  let config = "";
  let server: HttpApi;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "weft-completion-"));
    config = join(folder, "config");
    server = await httpApi([
      named("v1", "Namespace", "shop"),
      named("v1", "Namespace", "store"),
      named("apps/v1", "Deployment", "web", "shop"),
      named("apps/v1", "Deployment", "worker", "shop"),
      named("apps/v1", "Deployment", "warehouse", "store"),
      named("v1", "Pod", "web-0", "shop"),
    ]);
    await writeFile(config, server.kubeconfig);
  });
  after(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });

  /** Words without their descriptions, and Cobra's directive. */
  async function completed(...words: readonly string[]): Promise<readonly string[]> {
    const io = recordingIo({ env: { KUBECONFIG: config } });
    await complete(words, commands, io, 20_000);
    expect(io.written.stderr).to.equal("");
    return io.written.stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.replace(/\t.*/, ""));
  }

  const rows: readonly [claim: string, words: readonly string[], expected: readonly string[]][] = [
    ["commands", ["e"], ["explain", "edges", ":4"]],
    ["a command behind global flags", ["-n", "shop", "ed"], ["edges", ":4"]],
    ["commands of the word viz", ["viz", "ed"], ["edges", ":4"]],
    ["nothing behind a word that is no command", ["edgse", ""], [":4"]],
    ["actions of a command", ["wrap", "c"], ["ca", "certs", "check", "convert", ":4"]],
    ["flags of an action", ["wrap", "certs", "--ca"], ["--ca-cert", "--ca-key", ":4"]],
    ["the words of an action's flag", ["wrap", "inject", "--validation", "s"], ["service", "site", ":4"]],
    ["files for an action", ["wrap", "inject", ""], [":0"]],
    ["flags", ["edges", "--all"], ["--all-namespaces", "--all-pods", ":4"]],
    [
      "short flags too",
      ["version", "-"],
      ["--kubeconfig", "--context", "--client", "--output", "-o", "--help", "-h", ":4"],
    ],
    ["no flags that are hidden", ["inject", "--disable-i"], [":4"]],
    ["the words of a flag", ["edges", "-o", ""], ["table", "wide", "json", ":4"]],
    ["the words of a flag behind =", ["edges", "--output=w"], ["wide", ":4"]],
    ["the words of a flag that fails", ["lint", "--fail-on", "n"], ["note", "never", ":4"]],
    ["nothing for a text that only the user knows", ["edges", "-l", ""], [":4"]],
    ["files for a flag that takes one", ["inject", "--settings", ""], [":0"]],
    ["files for manifests", ["lint", "x"], [":0"]],
    ["files behind two dashes", ["debug", "web-0", "--", ""], [":0"]],
    ["kinds, and files where there is none", ["explain", "de"], ["deploy", ":0"]],
    [
      "names of the namespace that is given",
      ["explain", "-n", "shop", "deploy/w"],
      ["deploy/web", "deploy/worker", ":0"],
    ],
    ["names behind their kind", ["tap", "-n", "shop", "deploy", "wo"], ["worker", ":4"]],
    ["names behind a namespace that stands first", ["-n", "store", "tap", "deploy/"], ["deploy/warehouse", ":4"]],
    ["a resource of a flag", ["tap", "deploy/web", "-nshop", "--to", "deploy/we"], ["deploy/web", ":4"]],
    ["pods", ["debug", "--namespace=shop", ""], ["web-0", ":4"]],
    ["namespaces", ["edges", "-n", "s"], ["shop", "store", ":4"]],
    ["namespaces of a flag that is named so", ["check", "--probe-namespace", "st"], ["store", ":4"]],
    ["namespaces before any command", ["-n", "sh"], ["shop", ":4"]],
    ["contexts", ["edges", "--context", ""], ["one", ":4"]],
    ["steps", ["identity", "ro"], ["rotate", ":4"]],
    ["what is rotated", ["identity", "rotate", ""], ["anchor", "issuer", ":4"]],
    ["shells", ["completion", ""], ["bash", "zsh", "fish", ":4"]],
    ["pages of help", ["help", "polic"], ["policy.md", ":4"]],
    ["nothing where there are words enough", ["completion", "zsh", ""], [":4"]],
  ];
  for (const [claim, words, expected] of rows) {
    it(`gives ${claim}`, async () => {
      expect(await completed(...words)).to.deep.equal(expected);
    });
  }

  it("says nothing of a cluster that cannot be reached", async () => {
    const io = recordingIo({ env: { KUBECONFIG: join(folder, "nothing") } });
    expect(await run(["__complete", "edges", "-n", ""], io)).to.equal(0);
    expect(io.written).to.deep.equal({ stdout: ":4\n", stderr: "" });
  });

  it("leaves out what a shell would take for more than a word", async () => {
    const odd = join(folder, "odd");
    await writeFile(odd, "contexts: [{ name: $(reboot) }, { name: a b }, { name: arn:aws:eks:eu:1:cluster/x }]");
    expect(await completed("edges", "--kubeconfig", odd, "--context", "")).to.deep.equal([
      "arn:aws:eks:eu:1:cluster/x",
      ":4",
    ]);
  });
});
