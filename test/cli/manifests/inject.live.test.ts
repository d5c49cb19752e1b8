/** `weft inject --manual` with the mesh of a cluster: an API server in memory, behind a port. */
import { expect } from "chai";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../../src/cli/program.ts";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { textAt } from "../../../src/core/base/json/read.ts";
import { served } from "../../support/api-http.ts";
import type { Served } from "../../support/api-http.ts";
import { addLinkerd, emptyCluster, material, ownCluster, put } from "../../support/check-cluster.ts";
import type { FakeCluster, Material } from "../../support/check-cluster.ts";
import { recordingIo } from "../../support/recording-io.ts";

const pod = "kind: Pod\napiVersion: v1\nmetadata: {name: web}\nspec: {containers: [{name: app, image: a}]}\n";

const linkerdsRegistration: JsonObject = {
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "MutatingWebhookConfiguration",
  metadata: { name: "linkerd-proxy-injector-webhook-config" },
  webhooks: [
    {
      name: "linkerd-proxy-injector.linkerd.io",
      clientConfig: { service: { name: "linkerd-proxy-injector", namespace: "linkerd" } },
    },
  ],
};

describe("weft inject --manual of a cluster", () => {
  let folder: string;
  let made: Material;
  let server: Served | undefined;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "weft-manual-"));
    made = await material();
  });
  afterEach(() => server?.stop());
  after(() => rm(folder, { recursive: true }));

  async function ran(cluster: FakeCluster, ...args: readonly string[]) {
    server = await served(cluster.api);
    const config = join(folder, "config");
    await writeFile(config, server.kubeconfig);
    const io = recordingIo({ stdin: pod, env: { HOME: "/nowhere" } });
    const exit = await run(["inject", "--manual", ...args, "--kubeconfig", config, "-"], io);
    return { exit, ...io.written };
  }
  const textOf = (cluster: FakeCluster, namespace: string, name: string, key: string): string =>
    textAt(cluster.api.stored(`/api/v1/namespaces/${namespace}/configmaps/${name}`), "data", key);
  const file = async (name: string, text: string): Promise<string> => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };

  /** What a proxy dials, and whom it trusts. */
  const dials = (output: string): readonly string[] => [
    ...new Set(
      [...output.matchAll(/linkerd-identity-headless\.([a-z]+)\.svc/g)].map(([, namespace = ""]) => namespace),
    ),
  ];
  const trusts = (output: string, pem: string): boolean =>
    pem
      .trim()
      .split("\n")
      .every((line) => output.includes(line));

  it("takes namespace, settings and trust anchors of weft's own control plane", async () => {
    const { exit, stdout, stderr } = await ran(ownCluster(made));
    expect({ exit, stderr }).to.deep.equal({ exit: 0, stderr: '\npod "web" injected\n\n' });
    expect(dials(stdout)).to.deep.equal(["weft"]);
    expect(stdout).to.include("linkerd.io/control-plane-ns: weft");
    expect(trusts(stdout, made.trustAnchor)).to.equal(true);
  });

  it("takes those of a Linkerd without weft", async () => {
    const cluster = emptyCluster();
    addLinkerd(cluster, made);
    put(cluster, linkerdsRegistration);
    const { exit, stdout } = await ran(cluster);
    expect(exit).to.equal(0);
    expect(dials(stdout)).to.deep.equal(["linkerd"]);
    expect(trusts(stdout, made.trustAnchor)).to.equal(true);
  });

  it("takes those of the mesh that -L names, of two in the cluster", async () => {
    const cluster = ownCluster(made);
    addLinkerd(cluster, made);
    expect(dials((await ran(cluster, "-L", "linkerd")).stdout)).to.deep.equal(["linkerd"]);
  });

  it("takes settings of a file, and the rest of the cluster", async () => {
    const cluster = ownCluster(made);
    const values = textOf(cluster, "weft", "linkerd-config", "values");
    const settings = await file("values.yaml", values.replace("warn,linkerd=info,hickory=error", "trace"));
    const { exit, stdout } = await ran(cluster, "--settings", settings);
    expect(exit).to.equal(0);
    expect(dials(stdout)).to.deep.equal(["weft"]);
    expect(stdout).to.include("trace").and.to.not.include("warn,linkerd");
  });

  it("takes the namespace from settings that weft installed, without a cluster", async () => {
    const values = textOf(ownCluster(made), "weft", "linkerd-config", "values");
    const settings = await file("values.yaml", values);
    const anchors = await file("ca.crt", made.trustAnchor);
    const io = recordingIo({ stdin: pod });
    expect(await run(["inject", "--manual", "--settings", settings, "--trust-anchors", anchors, "-"], io)).to.equal(0);
    expect(dials(io.written.stdout)).to.deep.equal(["weft"]);
    expect(io.written.stderr).to.not.include("taken for its namespace");
  });

  it("says when nothing tells where the control plane is", async () => {
    const settings = await file("linkerds.yaml", textOf(withLinkerd(), "linkerd", "linkerd-config", "values"));
    const anchors = await file("ca.crt", made.trustAnchor);
    const io = recordingIo({ stdin: pod });
    expect(await run(["inject", "--manual", "--settings", settings, "--trust-anchors", anchors, "-"], io)).to.equal(0);
    expect(io.written.stderr.split("\n")[0]).to.equal(
      "weft: nothing says where the control plane is, so linkerd is taken for its namespace; -L or --context says another",
    );
  });

  function withLinkerd(): FakeCluster {
    const cluster = emptyCluster();
    addLinkerd(cluster, made);
    return cluster;
  }

  const refused: readonly [
    claim: string,
    cluster: () => FakeCluster,
    args: () => Promise<readonly string[]>,
    exit: number,
    stderr: RegExp,
  ][] = [
    [
      "trust anchors of another mesh",
      () => ownCluster(made),
      async () => ["--trust-anchors", await file("other.crt", made.stranger.certificate)],
      2,
      /^weft: .*other\.crt: has other trust anchors than configmap\/linkerd-identity-trust-roots in namespace weft; proxies would not trust the control plane\n$/,
    ],
    [
      "settings of another mesh",
      () => ownCluster(made),
      async () => [
        "--settings",
        await file(
          "linkerds.json",
          JSON.stringify(withLinkerd().api.stored("/api/v1/namespaces/linkerd/configmaps/linkerd-config")),
        ),
      ],
      2,
      /^weft: the mesh of the cluster: is of namespace weft, but .*linkerds\.json: configmap\/linkerd-config says linkerd; pods with parts of two meshes never start\n$/,
    ],
    [
      "a namespace without a mesh",
      () => ownCluster(made),
      () => Promise.resolve(["-L", "none"]),
      1,
      /^weft: configmap\/linkerd-config in namespace none: is not there\nweft: configmap\/linkerd-identity-trust-roots in namespace none: is not there\n$/,
    ],
    [
      "a cluster without a mesh",
      emptyCluster,
      () => Promise.resolve([]),
      1,
      /^weft: neither weft nor Linkerd is registered in this cluster/,
    ],
    [
      "a cluster that is not to be asked",
      emptyCluster,
      () => Promise.resolve(["--ignore-cluster"]),
      2,
      /^weft: --ignore-cluster: a cluster is named, too; give one of both\n$/,
    ],
  ];
  for (const [claim, cluster, args, exit, stderr] of refused) {
    it(`refuses ${claim}`, async () => {
      const found = await ran(cluster(), ...(await args()));
      expect({ exit: found.exit, stdout: found.stdout }).to.deep.equal({ exit, stdout: "" });
      expect(found.stderr).to.match(stderr);
    });
  }
});
