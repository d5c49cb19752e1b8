/** `weft uninstall` and the pods that would be left without a control plane. */
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { run } from "../../../src/cli/program.ts";
import { commonLabels } from "../../../src/core/install/names.ts";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { httpApi } from "../../support/api-http.ts";
import { status } from "../../support/api-server.ts";
import { meshedPod } from "../../support/check-cluster.ts";
import { newFolder } from "../../support/folder.ts";
import type { Folder } from "../../support/folder.ts";
import { kubeconfig } from "../../support/listening.ts";
import { recordingIo } from "../../support/recording-io.ts";

const installed = (name: string, namespace = "weft", labels: JsonObject = {}): JsonObject => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name, namespace, labels: { ...commonLabels, ...labels } },
});

/** Of a workload, with weft's control plane. */
const pod = (name: string, owner?: string, more: JsonObject = {}): JsonObject => {
  const { metadata, ...rest } = meshedPod(name, "");
  const ownerReferences = owner === undefined ? [] : [{ controller: true, kind: "StatefulSet", name: owner }];
  return { ...rest, ...more, metadata: { ...(metadata as JsonObject), ownerReferences } };
};

const byHand = (name: string, owner?: string): JsonObject => {
  const { metadata, ...rest } = pod(name, owner);
  return { ...rest, metadata: { ...(metadata as JsonObject), annotations: { "linkerd.io/created-by": "weft/cli 1" } } };
};

const ended = { status: { phase: "Succeeded" } };
const bare = { spec: { containers: [{ name: "app" }] } };
const many = Array.from({ length: 30 }, (_, index) => pod(`p${index}`, `set-${index}`));

describe("weft uninstall", () => {
  let folder: Folder;
  before(async () => (folder = await newFolder()));
  after(() => folder.destroy());

  async function uninstalled(objects: readonly JsonObject[], args: readonly string[] = [], forbids = /^$/) {
    const cluster = await httpApi(objects);
    cluster.api.answerWith(({ path }) => (forbids.test(path) ? status(403, "Forbidden", "you may not") : undefined));
    await folder.write("config", cluster.kubeconfig);
    try {
      return await ran(["--kubeconfig", folder.at("config"), ...args]);
    } finally {
      await cluster.stop();
    }
  }
  async function ran(args: readonly string[]) {
    const io = recordingIo({ version: "1.0.0" });
    const exit = await run(["uninstall", ...args], io);
    return { exit, printed: io.written.stdout !== "", stderr: io.written.stderr };
  }

  const plane = [installed("weft-injector"), installed("weft-controller")];
  const refused: readonly [
    claim: string,
    objects: readonly JsonObject[],
    args: readonly string[],
    lines: readonly string[],
  ][] = [
    [
      "would leave meshed pods alone, by workload",
      [...plane, pod("a", "db"), pod("b", "db"), pod("c")],
      [],
      ["3 pods have their proxies' certificates", "  shop statefulset/db: 2 pods", "  shop pod/c: 1 pod", "--force"],
    ],
    [
      "has pods with a proxy of their manifests",
      [...plane, pod("a", "db"), byHand("c")],
      [],
      ["  shop pod/c (manual): 1 pod", "take linkerd.io/inject from", "weft uninject app.yaml | kubectl apply -f -"],
    ],
    ["of hundreds the first", [...plane, ...many], [], ["30 pods", "and 21 more"]],
    ["nobody looks", [], ["--offline"], ["was not seen: with --offline nobody is asked"]],
  ];
  for (const [claim, objects, args, lines] of refused) {
    it(`refuses where it ${claim}; --force prints it`, async () => {
      const { stderr, ...rest } = await uninstalled(objects, args);
      expect(rest).to.deep.equal({ exit: 1, printed: false });
      for (const line of lines) expect(stderr).to.include(line);
      const forced = await uninstalled(objects, [...args, "--force"]);
      expect(forced).to.include({ exit: 0, printed: true });
      expect(forced.stderr).to.include(lines[0]);
    });
  }

  it("prints what docs/uninstall.md shows", async () => {
    const text = readFileSync(new URL("../../../docs/uninstall.md", import.meta.url), "utf8");
    const [, shown] = /^```text\n\$ weft uninstall[^\n]*\n([^]*?)^```$/m.exec(text) ?? [];
    const { stderr } = await uninstalled([...plane, pod("a", "db"), pod("b", "db"), byHand("c", "old")]);
    expect(stderr).to.equal(shown);
  });

  it("refuses where pods cannot be listed", async () => {
    const { stderr, ...rest } = await uninstalled(plane, [], /\/pods$/);
    expect(rest).to.deep.equal({ exit: 1, printed: false });
    expect(stderr).to.include("was not seen: ").and.include("you may not");
  });

  const taken: readonly [claim: string, objects: readonly JsonObject[]][] = [
    ["no pod is meshed", plane],
    ["pods have ended, or have no proxy", [...plane, pod("a", "x", ended), pod("b", "x", bare)]],
    ["Linkerd's control plane stays", [installed("weft-injector", "linkerd"), pod("a", "x")]],
  ];
  for (const [claim, objects] of taken) {
    it(`prints where ${claim}`, async () => expect(await uninstalled(objects)).to.include({ exit: 0, printed: true }));
  }

  it("says that a tool keeps it, and may put it back", async () => {
    const { stderr } = await uninstalled([
      installed("weft-injector", "weft", { "app.kubernetes.io/managed-by": "Helm" }),
    ]);
    expect(stderr).to.include("Helm keeps this installation");
  });

  it("says what it did not see where no cluster answers", async () => {
    await folder.write("away", kubeconfig("https://127.0.0.1:1", {}));
    const { stderr, ...rest } = await ran(["--kubeconfig", folder.at("away"), "--force"]);
    expect(rest).to.deep.equal({ exit: 1, printed: false });
    expect(stderr).to.include("was not seen, so nothing was printed; weft uninstall --offline --force");
  });
});
