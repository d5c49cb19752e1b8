/** `weft status` against an API server in memory; what it prints for people is compared with docs/status.md. */
import { expect } from "chai";
import { run } from "../../../src/cli/program.ts";
import { CommandFailure } from "../../../src/cli/io.ts";
import { status } from "../../../src/cli/status/status.ts";
import type { StatusAsked } from "../../../src/cli/status/status.ts";
import { material, now } from "../../support/check-cluster.ts";
import type { Material } from "../../support/check-cluster.ts";
import { emptyMesh, meshedOf, podOf, shopMesh } from "../../support/data-plane.ts";
import type { DataPlaneCluster } from "../../support/data-plane.ts";
import { recordingIo } from "../../support/recording-io.ts";

const plain: StatusAsked = {
  wanted: { namespace: undefined, selector: "" },
  format: "table",
  missed: false,
  certificates: false,
};

async function printed({ reach }: DataPlaneCluster, changes: Partial<StatusAsked> = {}): Promise<string> {
  const io = recordingIo();
  await status(reach, io, { ...plain, ...changes }, now.getTime());
  return io.written.stdout;
}

interface Told {
  readonly workloads: readonly { readonly workload: string; readonly pods: readonly Record<string, unknown>[] }[];
  readonly unmeshed: readonly { readonly name: string }[];
  readonly findings: readonly { readonly kind: string; readonly workload: string }[];
}

const told = async (mesh: DataPlaneCluster, changes: Partial<StatusAsked> = {}): Promise<Told> =>
  JSON.parse(await printed(mesh, { format: "json", ...changes })) as Told;

describe("weft status", () => {
  let made: Material;
  before(async () => {
    made = await material();
  });

  it("fits into 80 columns, commands apart", async () => {
    const mesh = await shopMesh(made);
    mesh.add(meshedOf(mesh.mesh.installation, { name: `${"long-".repeat(20)}0`, of: "long-".repeat(20) }));
    const lines = (await printed(mesh)).split("\n").filter((line) => !line.startsWith("    "));
    expect(lines.filter((line) => line.length > 80)).to.deep.equal([]);
  });

  it("has everything as JSON", async () => {
    const { workloads, unmeshed, findings } = await told(await shopMesh(made));
    expect(
      workloads.map(({ workload, pods }) => [workload, pods.length, pods[0]?.["settings"], pods[0]?.["anchors"]]),
    ).to.deep.equal([
      ["deployment/cart", 1, "current", "current"],
      ["deployment/stock", 2, "older", "current"],
      ["deployment/web", 2, "current", "current"],
      ["statefulset/pay", 1, "current", "lacking"],
    ]);
    expect(unmeshed.map(({ name }) => name)).to.deep.equal([
      "agent-x",
      "mail-7f9-a",
      "mail-7f9-b",
      "news-7f9-a",
      "tool",
    ]);
    expect(findings.map(({ kind, workload }) => `${workload} ${kind}`)).to.deep.equal([
      "deployment/cart stuck",
      "statefulset/pay untrusting",
      "deployment/mail missed",
      "deployment/news missed",
      "pod/tool missed",
      "daemonset/agent left out",
      "deployment/stock older proxy",
      "deployment/stock older settings",
    ]);
  });

  it("looks at one namespace, with the rights for that one", async () => {
    const mesh = await shopMesh(made);
    mesh.cluster.forbids = /^\/api\/v1\/(pods|namespaces)$/;
    expect((await told(mesh, { wanted: { namespace: "shop", selector: "" } })).workloads).to.have.length(4);
    expect(await printed(mesh, { wanted: { namespace: "plain", selector: "" } })).to.equal("0 pods meshed\n");
  });

  it("looks at pods with labels", async () => {
    const { workloads } = await told(await shopMesh(made), { wanted: { namespace: undefined, selector: "app=web" } });
    expect(workloads.map(({ workload }) => workload)).to.deep.equal(["deployment/web"]);
  });

  it("asks proxies how long they are certified, only when it is to", async () => {
    const mesh = await shopMesh(made);
    const page = "control_identity_cert_expiration_timestamp_seconds 1772409600.0\n";
    mesh.cluster.pages.set("/api/v1/namespaces/shop/pods/web-7f9-a:4191/proxy/metrics", {
      status: 200,
      body: null,
      text: page,
    });
    const asked = (): number => mesh.cluster.api.calls.filter(({ path }) => path.includes("/proxy/")).length;
    await told(mesh);
    expect(asked()).to.equal(0);
    const { workloads } = await told(mesh, { certificates: true });
    const [first, second] = workloads.find(({ workload }) => workload === "deployment/web")?.pods ?? [];
    expect(first).to.include({ certifiedUntil: "2026-03-02T00:00:00.000Z" });
    expect(second).to.include({ certifiedUntil: null });
    expect(asked()).to.equal(6);
    expect(await printed(mesh, { certificates: true })).to.match(/web +2\/2 .* unknown$/m);
  });

  const missing: readonly (readonly [claim: string, forbidden: RegExp, words: RegExp])[] = [
    ["the registration", /mutatingwebhook/, /MutatingWebhookConfigurations could not be read/],
    ["the settings", /configmaps\/linkerd-config/, /ConfigMap linkerd-config in namespace weft could not be read/],
    ["the namespaces", /namespaces$/, /Namespaces could not be read/],
    ["the pods", /pods$/, /Pods could not be read/],
  ];
  for (const [claim, forbidden, words] of missing) {
    it(`says so when it may not read ${claim}`, async () => {
      const mesh = await shopMesh(made);
      mesh.cluster.forbids = forbidden;
      const failure: unknown = await printed(mesh).catch((error: unknown) => error);
      expect(failure).to.be.instanceOf(CommandFailure).and.have.property("message").that.matches(words);
    });
  }

  it("says so when weft is not there", async () => {
    const mesh = await shopMesh(made);
    mesh.cluster.api.remove("/apis/apps/v1/namespaces/weft/deployments/weft-injector");
    const failure: unknown = await printed(mesh).catch((error: unknown) => error);
    expect(failure).to.have.property(
      "message",
      "weft is not installed in namespace weft; install it with: weft install > weft.yaml && kubectl apply -f weft.yaml",
    );
  });

  it("reads 1,000 pods page by page", async () => {
    const mesh = await emptyMesh(made);
    const { installation } = mesh.mesh;
    for (let index = 0; index < 1000; index += 1) {
      const asked = { name: `web-${index}`, of: `web-${index % 100}` };
      mesh.add(index % 10 === 0 ? podOf(asked) : meshedOf(installation, asked));
    }
    const before = mesh.cluster.api.calls.length;
    expect(await printed(mesh)).to.match(/^900 pods meshed, 100 pods asked and have no proxy$/m);
    const lists = mesh.cluster.api.calls.slice(before).filter(({ path }) => path === "/api/v1/pods");
    expect(lists.map(({ query }) => query?.["limit"])).to.deep.equal(["500", "500", "500"]);
    expect(mesh.cluster.api.calls.length - before).to.be.at.most(8);
  });

  const usage: readonly (readonly [args: readonly string[], stderr: string])[] = [
    [["-n", "A_B"], '--namespace: "A_B" is not the name of a namespace'],
    [["-n", "shop", "-A"], "--namespace and --all-namespaces: one of them"],
    [["-o", "yaml"], '--output: unsupported format "yaml", expected table, wide, json'],
  ];
  for (const [args, stderr] of usage) {
    it(`tells what is wrong with ${args.join(" ")}`, async () => {
      const io = recordingIo();
      expect(await run(["status", ...args], io)).to.equal(2);
      expect(io.written.stderr).to.equal(`weft: ${stderr}\n`);
    });
  }
});
