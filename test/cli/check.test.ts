/** The command: its arguments, its exit codes, and that it asks the cluster of the kubeconfig. */
import { expect } from "chai";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { run } from "../../src/cli/program.ts";
import type { Json } from "../../src/core/base/json/json.ts";
import type { ApiCall } from "../../src/kube/api.ts";
import { kubeconfig, listening } from "../support/listening.ts";
import { addLinkerd, emptyCluster, material } from "../support/check-cluster.ts";
import type { FakeCluster } from "../support/check-cluster.ts";
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
    ["something else to wait for", ["--for", "rain"], '--for: "rain" is not settings'],
    ["settings in use, before installing", ["--for", "settings", "--pre"], "--for is not for --pre"],
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
      const server = await listening((request, response) => answer(cluster, request, response));
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
  });
});

async function answer(cluster: FakeCluster, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "", "https://host");
  const body = await text(request);
  const method = request.method === "POST" ? "POST" : "GET";
  const query = Object.fromEntries(url.searchParams);
  const call: ApiCall = {
    method,
    path: url.pathname,
    query,
    ...(body === "" ? {} : { body: JSON.parse(body) as Json }),
  };
  const found = await cluster.api.ask(call);
  response.writeHead(found.status, { "content-type": "application/json" });
  response.end(found.text ?? JSON.stringify(found.body));
}
