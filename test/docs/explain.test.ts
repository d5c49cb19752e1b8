/** What docs/explain.md shows is what `weft explain` prints, of a cluster in memory. */
import { readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { run } from "../../src/cli/program.ts";
import { served } from "../support/api-http.ts";
import type { Served } from "../support/api-http.ts";
import { material, put } from "../support/check-cluster.ts";
import { shopMesh } from "../support/data-plane.ts";
import { recordingIo } from "../support/recording-io.ts";

const file = new URL("../../docs/explain.md", import.meta.url);
const block = /<!-- (weft explain .*) -->\n[\s\S]*?<!-- \/weft -->/g;

const workload = (name: string, namespace = "shop") => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name, namespace },
  spec: {
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: "app", image: "app:1", ports: [{ containerPort: 8080 }] }] },
    },
  },
});

const replicaSet = (of: string) => ({
  apiVersion: "apps/v1",
  kind: "ReplicaSet",
  metadata: { name: `${of}-7f9`, namespace: "shop", ownerReferences: [{ kind: "Deployment", name: of, uid: "1" }] },
});

describe("docs/explain.md", () => {
  let folder: string;
  let server: Served;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "weft-page-"));
    const mesh = await shopMesh(await material());
    for (const name of ["mail", "stock", "web"]) {
      put(mesh.cluster, workload(name));
      put(mesh.cluster, replicaSet(name));
    }
    mesh.cluster.pages.set("/api/v1/namespaces/shop/pods/stock-7f9-a:4191/proxy/metrics", {
      status: 200,
      body: null,
      text: "identity_cert_expiration_timestamp_seconds 1772452800\n",
    });
    server = await served(mesh.cluster.api);
    await writeFile(join(folder, "config"), server.kubeconfig);
    await writeFile(join(folder, "web.yaml"), JSON.stringify(workload("web")));
  });
  after(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });

  async function printed(command: string): Promise<string> {
    const words = command
      .split(" ")
      .slice(1)
      .map((word) => (word.endsWith(".yaml") ? join(folder, word) : word));
    const isLive = !command.includes(".yaml");
    const io = recordingIo({ env: isLive ? { KUBECONFIG: join(folder, "config") } : { HOME: "/nowhere" } });
    expect(await run(words, io), io.written.stderr).to.equal(0);
    return io.written.stdout;
  }

  it("shows what the commands print (UPDATE_GOLDEN=1 writes it there)", async () => {
    const page = readFileSync(file, "utf8");
    const commands = [...page.matchAll(block)].map(([, command = ""]) => command);
    expect(commands.length).to.equal(4);
    const outputs = new Map(await Promise.all(commands.map(async (each) => [each, await printed(each)] as const)));
    const expected = page.replace(
      block,
      (_, command: string) =>
        `<!-- ${command} -->\n\n\`\`\`text\n$ ${command}\n${outputs.get(command)?.trimEnd()}\n\`\`\`\n\n<!-- /weft -->`,
    );
    if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, expected);
    expect(page).to.equal(expected);
  });
});
