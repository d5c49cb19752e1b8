/** The lines of docs/manifests.md that inject by hand make pods of the mesh that they name. */
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { run } from "../../src/cli/program.ts";
import { addLinkerd, emptyCluster, healthyCluster, material, ownCluster } from "../support/check-cluster.ts";
import type { FakeCluster, Material } from "../support/check-cluster.ts";
import { recordingIo } from "../support/recording-io.ts";

const page = readFileSync(new URL("../../docs/manifests.md", import.meta.url), "utf8");
const [, lines = ""] = /<!-- by hand -->\n\n```sh\n([\s\S]*?)```/.exec(page) ?? [];
const reading = [...lines.matchAll(/^kubectl -n (\S+) get cm (\S+) (\S+) -o yaml > mesh\.yaml/gm)];
const injecting = /^weft (inject .*) app\.yaml$/m.exec(lines)?.[1] ?? "";

const pod = "kind: Pod\napiVersion: v1\nmetadata: {name: web}\nspec: {containers: [{name: app, image: a}]}\n";

describe("injecting by hand, as docs/manifests.md has it", () => {
  let folder: string;
  let made: Material;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "weft-page-"));
    made = await material();
  });
  after(() => rm(folder, { recursive: true }));

  const clusters: readonly [claim: string, namespace: string, cluster: () => FakeCluster][] = [
    ["weft's own control plane", "weft", () => ownCluster(made)],
    ["an adopted Linkerd", "linkerd", () => healthyCluster(made, true)],
    [
      "a Linkerd alone",
      "linkerd",
      () => {
        const cluster = emptyCluster();
        addLinkerd(cluster, made);
        return cluster;
      },
    ],
  ];
  for (const [claim, namespace, cluster] of clusters) {
    it(`makes pods of ${claim}`, async () => {
      const { api } = cluster();
      const [, , ...names] = reading.find(([, where]) => where === namespace) ?? [];
      const items = names.map((name) => api.stored(`/api/v1/namespaces/${namespace}/configmaps/${name}`));
      await writeFile(join(folder, "mesh.yaml"), JSON.stringify({ apiVersion: "v1", kind: "List", items }));
      const io = recordingIo({ stdin: pod });
      const words = injecting.split(" ").map((word) => (word === "mesh.yaml" ? join(folder, word) : word));
      expect(await run([...words, "-"], io), io.written.stderr).to.equal(0);
      const dialled = [...io.written.stdout.matchAll(/linkerd-identity-headless\.([a-z]+)\.svc/g)];
      expect(new Set(dialled.map(([, where]) => where))).to.deep.equal(new Set([namespace]));
      expect(io.written.stdout).to.include(made.trustAnchor.split("\n")[1]);
      expect(io.written.stderr).to.not.include("weft: ");
    });
  }
});
