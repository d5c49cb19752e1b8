/** `weft explain`, `diff` and `rules` of what is in a cluster: an API server in memory, behind a port. */
import { expect } from "chai";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../../src/cli/program.ts";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { served } from "../../support/api-http.ts";
import type { Served } from "../../support/api-http.ts";
import { change, material, namespace, put } from "../../support/check-cluster.ts";
import type { Material } from "../../support/check-cluster.ts";
import { meshedOf, shopMesh } from "../../support/data-plane.ts";
import type { DataPlaneCluster } from "../../support/data-plane.ts";
import { recordingIo } from "../../support/recording-io.ts";

const workload = (name: string, more: JsonObject = {}, annotations: JsonObject = {}): JsonObject => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name, namespace: "shop", ...more },
  spec: {
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name }, annotations },
      spec: { containers: [{ name: "app", image: "app:1", ports: [{ containerPort: 8080 }] }] },
    },
  },
});

const replicaSet = (of: string): JsonObject => ({
  apiVersion: "apps/v1",
  kind: "ReplicaSet",
  metadata: {
    name: `${of}-7f9`,
    namespace: "shop",
    ownerReferences: [{ apiVersion: "apps/v1", kind: "Deployment", name: of, uid: "1", controller: true }],
  },
});

describe("weft explain of a cluster", () => {
  let folder: string;
  let made: Material;
  let mesh: DataPlaneCluster;
  let server: Served;
  let config: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "weft-live-"));
    made = await material();
  });
  beforeEach(async () => {
    mesh = await shopMesh(made);
    for (const name of ["web", "stock", "mail"]) {
      put(mesh.cluster, workload(name));
      put(mesh.cluster, replicaSet(name));
    }
    mesh.cluster.pages.set("/api/v1/namespaces/shop/pods/web-7f9-a:4191/proxy/metrics", {
      status: 200,
      body: null,
      text: "identity_cert_expiration_timestamp_seconds 1772452800\n",
    });
    server = await served(mesh.cluster.api);
    config = join(folder, "config");
    await writeFile(config, server.kubeconfig);
  });
  afterEach(() => server.stop());
  after(() => rm(folder, { recursive: true }));

  async function ran(command: string, ...args: readonly string[]) {
    const io = recordingIo({ env: { HOME: "/nowhere" } });
    const exit = await run([command, ...args, "--kubeconfig", config], io);
    return { exit, ...io.written };
  }
  const lines = async (...args: readonly string[]): Promise<readonly string[]> => {
    const { exit, stdout, stderr } = await ran("explain", ...args);
    expect({ exit, stderr }).to.deep.equal({ exit: 0, stderr: "" });
    return stdout.split("\n").map((line) => line.trim());
  };

  it("tells of a workload what its pods get, by whom, and how they are", async () => {
    const told = await lines("deploy/web", "-n", "shop");
    expect(told[0]).to.equal(
      "deployment/web in namespace shop, as the webhook would see a pod of its template: gets the proxy",
    );
    expect(told).to.include.members([
      'namespace      linkerd.io/inject: "enabled"',
      "registration   inject-namespace.weft.linkerd.io of weft-injector is called (Fail, 10s)",
      "settings       configmap/linkerd-config in namespace weft",
      "trust anchors  configmap/linkerd-identity-trust-roots in namespace weft",
      "web-7f9-a  injected by weft (weft/webhook 0.1.0)",
      "web-7f9-b  injected by weft (weft/webhook 0.1.0)",
    ]);
  });

  const firstLines: readonly [claim: string, args: readonly string[], first: string, others: readonly string[]][] = [
    [
      "a pod that is as it would be now",
      ["pod/web-7f9-a", "-n", "shop"],
      "pod/web-7f9-a of deployment/web in namespace shop: has the proxy, injected by weft (weft/webhook 0.1.0)",
      [
        "control plane  in namespace weft",
        "trust anchors  those that are stored",
        "certified      until 2026-03-02T12:00:00Z",
        "settings       as it would get them now",
      ],
    ],
    [
      "a pod that was not restarted since the settings changed",
      ["po/stock-7f9-a", "-n", "shop"],
      "pod/stock-7f9-a of deployment/stock in namespace shop: has the proxy, injected by weft (weft/webhook 0.1.0)",
      [
        "→ kubectl -n shop rollout restart deployment/stock",
        'certified      not known: pods "stock-7f9-a:4191" not found',
      ],
    ],
    [
      "a pod that trusts other anchors",
      ["pods/pay-0", "-n", "shop"],
      "pod/pay-0 of statefulset/pay in namespace shop: has the proxy, injected by weft (weft/webhook 0.1.0)",
      ["→ kubectl -n shop rollout restart statefulset/pay"],
    ],
    [
      "a pod that was there before its namespace asked",
      ["pod", "mail-7f9-a", "-n", "shop"],
      "pod/mail-7f9-a of deployment/mail in namespace shop: runs without the proxy",
      ["Made now: it gets the proxy", "reason  made before its namespace asked"],
    ],
    [
      "a pod that hangs in Init",
      ["pod/cart-7f9-a", "-n", "shop"],
      "pod/cart-7f9-a of replicaset/cart-7f9 in namespace shop: has the proxy, injected by weft (weft/webhook 0.1.0)",
      ["state          stuck in Init: linkerd-init waits (CrashLoopBackOff), ended last with exit code 1"],
    ],
    [
      "a pod that nobody asks for",
      ["pod/quiet-7f9-a", "-n", "plain"],
      "pod/quiet-7f9-a of replicaset/quiet-7f9 in namespace plain: runs without the proxy",
      ["Made now: it gets no proxy", "reason  nothing asks for it"],
    ],
  ];
  for (const [claim, args, first, others] of firstLines) {
    it(`tells ${claim}`, async () => {
      const told = await lines(...args);
      expect(told[0]).to.equal(first);
      expect(told).to.include.members([...others]);
    });
  }

  it("fits a terminal of 80 columns, but for commands", async () => {
    const io = { ...recordingIo({ env: { HOME: "/nowhere" } }), columns: 80 };
    expect(await run(["explain", "pod/stock-7f9-a", "-n", "shop", "--kubeconfig", config], io)).to.equal(0);
    const text = io.written.stdout;
    const wide = text.split("\n").filter((line) => line.length > 80 && !line.includes("→ kubectl "));
    expect(wide).to.deep.equal([]);
    const words = (found: string): readonly string[] => found.split(/\s+/);
    expect(words(text)).to.deep.equal(words((await ran("explain", "pod/stock-7f9-a", "-n", "shop")).stdout));
  });

  it("names what differs in a pod from one that is made now", async () => {
    const told = await lines("pod/stock-7f9-a", "-n", "shop");
    const setting = told.find((line) => line.includes("env.LINKERD2_PROXY_LOG "));
    expect(setting).to.match(/^linkerd-proxy +env\.LINKERD2_PROXY_LOG +"debug.*" → "warn.*"$/);
  });

  it("tells who put a proxy in by hand, and looks for its control plane elsewhere", async () => {
    const { installation } = mesh.mesh;
    const pod = meshedOf({ ...installation, controlPlaneNamespace: "linkerd" }, { name: "hand", annotations: {} });
    const metadata = pod["metadata"] as JsonObject;
    const annotations = { ...(metadata["annotations"] as JsonObject), "linkerd.io/created-by": "weft/cli 0.1.0" };
    put(mesh.cluster, { ...pod, metadata: { ...metadata, annotations } });
    const told = await lines("pod/hand", "-n", "shop");
    expect(told[0]).to.equal(
      "pod/hand in namespace shop: has the proxy, put into its manifest by hand (weft/cli 0.1.0)",
    );
    expect(told).to.include("! looks for its control plane in namespace linkerd");
  });

  const unseen: readonly [claim: string, where: string, labels: Readonly<Record<string, string>>, why: string][] = [
    ["kube-system", "kube-system", {}, "it never sees pods of namespace kube-system"],
    ["cert-manager", "cert-manager", {}, "it never sees pods of namespace cert-manager"],
    ["weft's own namespace", "weft", {}, "it never sees pods of namespace weft"],
    [
      "a namespace that keeps webhooks away",
      "off",
      { "config.linkerd.io/admission-webhooks": "disabled" },
      'the namespace has the label config.linkerd.io/admission-webhooks: "disabled"',
    ],
  ];
  for (const [claim, where, labels, why] of unseen) {
    it(`tells that nothing is injected in ${claim}`, async () => {
      put(mesh.cluster, namespace(where, { "linkerd.io/inject": "enabled" }, labels));
      put(mesh.cluster, workload("tool", { namespace: where }, { "linkerd.io/inject": "enabled" }));
      const told = await lines("deploy/tool", "-n", where);
      expect(told.slice(0, 3)).to.deep.equal([
        `deployment/tool in namespace ${where}, as the webhook would see a pod of its template: gets no proxy`,
        `because weft is not called for it: ${why}`,
        "→ no annotation changes that; a namespace that is seen does",
      ]);
    });
  }

  it("tells that nobody is registered", async () => {
    mesh.cluster.api.remove("/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/weft-injector");
    const { exit, stdout, stderr } = await ran("explain", "deploy/web", "-n", "shop");
    expect(exit).to.equal(0);
    expect(stderr).to.equal(
      "weft: the installed settings are not known, so Linkerd's default values count: neither weft nor Linkerd is registered in this cluster: whose settings are meant, -L says\n",
    );
    expect(stdout.split("\n")[1]).to.equal("  because neither weft nor Linkerd is registered in this cluster");
  });

  it("says what it may not read, and claims nothing of it", async () => {
    mesh.cluster.forbids = /\/namespaces\/shop$|webhookconfigurations/;
    const { exit, stdout } = await ran("explain", "deploy/web", "-n", "shop");
    expect(exit).to.equal(0);
    const told = stdout.split("\n").map((line) => line.trim());
    expect(told[0]).to.equal(
      "deployment/web in namespace shop, as the webhook would see a pod of its template: it depends on the namespace, which is not known (you may not use /api/v1/namespaces/shop)",
    );
    expect(told).to.include.members([
      "if the namespace has linkerd.io/inject: enabled, it gets the proxy",
      "namespace      Namespace shop: you may not use /api/v1/namespaces/shop",
      "settings       not known; Linkerd's default values count",
    ]);
  });

  it("looks up namespace, owner and settings of a manifest", async () => {
    change(mesh.cluster, "/api/v1/namespaces/weft/configmaps/linkerd-config", (object) => {
      const data = object["data"] as { readonly values: string };
      return { ...object, data: { values: data.values.replace("warn,linkerd=info,hickory=error", "trace") } };
    });
    const file = join(folder, "app.json");
    await writeFile(file, JSON.stringify(workload("new")));
    const told = await lines(file, "--all");
    expect(told[0]).to.equal(
      "deployment/new in namespace shop, as the webhook would see a pod of its template: gets the proxy",
    );
    expect(
      told.some((line) => /^proxy\.logLevel +"trace"$/.test(line)),
      told.join("\n"),
    ).to.equal(true);
  });

  it("lists the workloads of a namespace, a line each", async () => {
    expect((await ran("explain", "deploy", "-n", "shop")).stdout).to.equal(
      [
        "shop  deployment/mail   0 of 2 meshed, 2 to look at  gets the proxy",
        "shop  deployment/stock  2 of 2 meshed, 2 to look at  gets the proxy",
        "shop  deployment/web    2 of 2 meshed                gets the proxy",
        "",
      ].join("\n"),
    );
  });

  it("lists the pods of all namespaces that have a label", async () => {
    const { stdout } = await ran("explain", "pods", "-A", "-l", "app in (mail,quiet,web)");
    expect(stdout.split("\n").map((line) => line.split(/ {2,}/))).to.deep.equal([
      ["plain", "pod/quiet-7f9-a", "no proxy: nothing asks for it"],
      ["shop", "pod/mail-7f9-a", "made before its namespace asked"],
      ["shop", "pod/mail-7f9-b", "made before its namespace asked"],
      ["shop", "pod/web-7f9-a", "injected by weft (weft/webhook 0.1.0)"],
      ["shop", "pod/web-7f9-b", "injected by weft (weft/webhook 0.1.0)"],
      [""],
    ]);
  });

  it("writes all of it as JSON", async () => {
    const { stdout } = await ran("explain", "deploy/stock", "pod/web-7f9-a", "-n", "shop", "-o", "json");
    const [first, second] = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(first).to.include({ outcome: "injected", settings: "configmap/linkerd-config in namespace weft" });
    expect(first?.["unknown"]).to.deep.equal([]);
    expect(
      (first?.["pods"] as JsonObject[] | undefined)?.map((pod) => (pod["now"] as JsonObject)["kind"]),
    ).to.deep.equal(["differs", "differs"]);
    expect(second).to.include({ outcome: "injected", certifiedUntil: "2026-03-02T12:00:00.000Z" });
    expect(second?.["state"]).to.include({ kind: "meshed" });
  });

  it("takes the namespace of the context where nobody says one", async () => {
    await writeFile(config, server.kubeconfig.replace('"user":"one"}', '"user":"one","namespace":"shop"}'));
    const told = await lines("deploy/web");
    expect(told[0]).to.match(/^deployment\/web in namespace shop/);
  });

  const failures: readonly [claim: string, args: readonly string[], exit: number, stderr: string][] = [
    [
      "what is not there",
      ["explain", "deploy/none", "-n", "shop"],
      1,
      "Deployment none in namespace shop: is not there",
    ],
    ["a name that is none", ["explain", "deploy/No_ne"], 2, 'deployments/No_ne: "No_ne" is not the name of an object'],
    [
      "a namespace that is none",
      ["explain", "deploy/web", "-n", "a/b"],
      2,
      '--namespace: "a/b" is not the name of a namespace',
    ],
    [
      "all namespaces of one object",
      ["explain", "deploy/web", "-A"],
      2,
      "--all-namespaces is for a kind, such as deploy",
    ],
    ["a label of one object", ["diff", "deploy/web", "-l", "a=b"], 2, "--selector is for a kind, such as deploy"],
  ];
  for (const [claim, [command = "", ...args], exit, stderr] of failures) {
    it(`fails in one line: ${claim}`, async () =>
      expect(await ran(command, ...args)).to.deep.equal({ exit, stdout: "", stderr: `weft: ${stderr}\n` }));
  }

  it("diff shows what a workload's pods get from the installed settings", async () => {
    const { exit, stdout, stderr } = await ran("diff", "deploy/web", "-n", "shop");
    expect({ exit, stderr }).to.deep.equal({ exit: 0, stderr: "" });
    expect(stdout).to.include("linkerd-identity-headless.weft.svc");
  });

  it("diff leaves a pod alone that has its proxy, and says so", async () => {
    expect(await ran("diff", "pod/web-7f9-a", "-n", "shop")).to.deep.equal({
      exit: 0,
      stdout: "",
      stderr:
        "weft: pod/web-7f9-a: has the proxy, injected by weft (weft/webhook 0.1.0); weft explain tells what it would get now\n",
    });
  });

  it("rules prints those of a workload's pods", async () => {
    const { exit, stdout } = await ran("rules", "deploy/web", "-n", "shop", "--format", "nft");
    expect(exit).to.equal(0);
    expect(stdout).to.match(/^# deployment\/web: nft\n/);
  });

  it("knows a pod that is piped in without asking a cluster, and compares it with nothing", async () => {
    const pod = mesh.cluster.api.stored("/api/v1/namespaces/shop/pods/stock-7f9-a");
    const io = recordingIo({ stdin: JSON.stringify(pod), env: { HOME: "/nowhere" } });
    expect(await run(["explain", "-"], io)).to.equal(0);
    const told = io.written.stdout.split("\n").map((line) => line.trim());
    expect(told[0]).to.equal(
      "pod/stock-7f9-a of replicaset/stock-7f9 in namespace shop: has the proxy, injected by weft (weft/webhook 0.1.0)",
    );
    expect(told.join("\n")).to.not.include("rollout restart").and.to.not.include("trust anchors");
    expect(told.at(-2)).to.equal(
      "Not known: the annotations of its namespace, the installed settings, whether the injector is called there; --context asks the cluster",
    );
  });
});
