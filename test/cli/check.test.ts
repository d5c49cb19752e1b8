/** The command: its arguments, its exit codes, and that it asks the cluster of the kubeconfig. */
import { expect } from "chai";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../src/cli/program.ts";
import { kubeconfig, listening } from "../support/listening.ts";
import { addLinkerd, emptyCluster, material } from "../support/check-cluster.ts";
import type { FakeCluster } from "../support/check-cluster.ts";
import { answerOver } from "../support/check-http.ts";
import { recordingIo } from "../support/recording-io.ts";

async function ran(...args: readonly string[]) {
  const io = recordingIo({ env: { HOME: "/nowhere" } });
  const exit = await run(["check", ...args], io);
  return { exit, ...io.written };
}

describe("weft check, the command", () => {
  const refused: readonly [claim: string, args: readonly string[], stderr: string][] = [
    ["a format that is none", ["-o", "yaml"], '--output: unsupported format "yaml", expected table, short, json'],
    ["a time that is none", ["--wait", "soon"], '--wait: "soon" is not a duration such as 30s or 2m'],
    ["a time before now", ["--wait", "-1s"], '--wait: "-1s" is not a duration such as 30s or 2m'],
    ["a namespace that is none", ["-n", "Weft"], '--namespace: "Weft" is not the name of a namespace'],
    [
      "a probe namespace that is none",
      ["--probe-namespace", "a/b"],
      '--probe-namespace: "a/b" is not the name of a namespace',
    ],
    ["something else to wait for", ["--for", "rain"], '--for: "rain" is not settings or injection'],
    ["settings in use, before installing", ["--for", "settings", "--pre"], "--for is not for --pre"],
    ["what weft install would choose, after installing", ["--ha"], "--ha is for --pre"],
    [
      "certificates that nobody makes",
      ["--pre", "--certificates", "x"],
      '--certificates: expected self or cert-manager or files, got "x"',
    ],
    ["taking over, after installing", ["--adopt-linkerd"], "--adopt-linkerd is for --pre"],
    ["an unknown flag", ["--pree"], "unknown flag --pree; did you mean --pre?"],
  ];
  for (const [claim, args, stderr] of refused) {
    it(`refuses ${claim}`, async () => {
      expect(await ran(...args)).to.deep.equal({ exit: 2, stdout: "", stderr: `weft: ${stderr}\n` });
    });
  }

  it("tells as a check that there is no cluster", async () => {
    const { exit, stdout, stderr } = await ran();
    expect({ exit, stderr }).to.deep.equal({ exit: 1, stderr: "" });
    expect(stdout).to.match(
      /^kubernetes-api\n-+\n× can query the Kubernetes API\n {4}.*kubeconfig.*\n {4}see weft help check#api-answers\n\nStatus check results are ×\n$/,
    );
  });

  describe("with a cluster", () => {
    let folder: string;
    let cluster: FakeCluster;
    let close: () => Promise<void>;
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), "weft-check-"));
      cluster = emptyCluster();
      cluster.clock = new Date();
      addLinkerd(cluster, await material());
      const server = await listening((request, response) => answerOver(cluster, request, response));
      close = server.close;
      const file = { "certificate-authority-data": Buffer.from(server.ca).toString("base64") };
      await writeFile(join(folder, "config"), kubeconfig(server.url, { cluster: file }));
    });
    after(async () => {
      await close();
      await rm(folder, { recursive: true });
    });

    const ended: readonly [claim: string, args: readonly string[], exit: number, success: boolean][] = [
      ["0 when nothing failed", ["--pre"], 0, true],
      ["0 when there are only warnings", ["--pre", "-L", "elsewhere"], 0, true],
      ["1 when something failed", [], 1, false],
    ];
    for (const [claim, args, exit, success] of ended) {
      it(`ends with ${claim}`, async () => {
        const found = await ran("--kubeconfig", join(folder, "config"), "-o", "json", ...args);
        const report = JSON.parse(found.stdout) as { success: boolean; categories: readonly unknown[] };
        expect({ exit: found.exit, stderr: found.stderr, success: report.success }).to.deep.equal({
          exit,
          stderr: "",
          success,
        });
        expect(report.categories.length).to.be.greaterThan(2);
      });
    }

    it("looks for nothing but injection, when asked to", async () => {
      const { exit, stdout } = await ran("--kubeconfig", join(folder, "config"), "-o", "json", "--for", "injection");
      const { categories } = JSON.parse(stdout) as { categories: readonly { readonly categoryName: string }[] };
      expect(exit).to.equal(1);
      expect(categories.map(({ categoryName }) => categoryName)).to.deep.equal(["weft-injection"]);
      expect(stdout).to.include("it came back without linkerd-proxy");
    });
  });
});
