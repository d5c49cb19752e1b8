/** `weft install` in a cluster that it can reach: never over what is there, and nothing is written then. */
import { existsSync } from "node:fs";
import { expect } from "chai";
import { run } from "../../../src/cli/program.ts";
import { labelSelector } from "../../../src/core/install/names.ts";
import { entries } from "../../../src/core/registration/entries.ts";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { httpApi } from "../../support/api-http.ts";
import type { HttpApi } from "../../support/api-http.ts";
import { status } from "../../support/api-server.ts";
import { newFolder } from "../../support/folder.ts";
import type { Folder } from "../../support/folder.ts";
import { kubeconfig } from "../../support/listening.ts";
import { recordingIo } from "../../support/recording-io.ts";

const labels = Object.fromEntries(labelSelector.split(",").map((each) => each.split("="))) as JsonObject;

const object = (apiVersion: string, kind: string, name: string, more: JsonObject = {}, namespace = "weft") => ({
  apiVersion,
  kind,
  metadata: { name, ...(namespace === "" ? {} : { namespace }), labels, ...more },
});
const given = (more: JsonObject = {}, namespace = "weft") =>
  object("v1", "ConfigMap", "weft-installation", more, namespace);
const unlabelled = (kind: string, name: string, namespace: string, more: JsonObject = {}) =>
  object("v1", kind, name, { labels: {}, ...more }, namespace);

const linkerd = [
  unlabelled("ConfigMap", "linkerd-identity-trust-roots", "linkerd", {
    labels: { "linkerd.io/control-plane-ns": "linkerd" },
  }),
  unlabelled("Secret", "linkerd-identity-issuer", "linkerd"),
];

const registration: JsonObject = {
  ...object("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", "by-hand", { labels: {} }, ""),
  webhooks: [
    {
      name: Object.values(entries)[0]?.name ?? "",
      clientConfig: { service: { name: "weft-injector", namespace: "mesh" } },
    },
  ],
};

describe("weft install in a cluster", () => {
  let folder: Folder;
  let cluster: HttpApi | undefined;
  beforeEach(async () => (folder = await newFolder()));
  afterEach(async () => {
    await cluster?.stop();
    cluster = undefined;
    await folder.destroy();
  });

  async function installedIn(objects: readonly JsonObject[], args: readonly string[] = []) {
    cluster ??= await httpApi(objects);
    await folder.write("config", cluster.kubeconfig);
    return ran(["--kubeconfig", folder.at("config"), ...args]);
  }

  async function ran(args: readonly string[]) {
    const io = recordingIo({ version: "1.0.0" });
    const key = folder.at("anchor.key");
    const exit = await run(["install", "--anchor-key-file", key, ...args], io);
    return { exit, printed: io.written.stdout !== "", key: existsSync(key), stderr: io.written.stderr };
  }

  const refused: readonly [
    claim: string,
    objects: readonly JsonObject[],
    args: readonly string[],
    says: readonly string[],
  ][] = [
    [
      "over an installed weft",
      [given()],
      [],
      ["configmap/weft-installation in namespace weft", "weft upgrade -o yaml | kubectl apply -f -"],
    ],
    ["beside one in another namespace", [given({}, "mesh")], [], ["namespace mesh"]],
    ["into another namespace", [given()], ["--namespace", "other"], ["namespace weft"]],
    [
      "over a control plane of weft's alone",
      [object("apps/v1", "Deployment", "weft-controller", {}, "plane")],
      [],
      ["deployment/weft-controller in namespace plane", "apply again what it was made of"],
    ],
    [
      "over what Helm installed",
      [
        given({
          annotations: { "meta.helm.sh/release-name": "mesh", "meta.helm.sh/release-namespace": "ops" },
        }),
      ],
      [],
      ["Helm keeps this installation: helm upgrade mesh CHART --namespace ops"],
    ],
    [
      "over what kustomize installed",
      [given({ labels: { ...labels, "app.kubernetes.io/managed-by": "kustomize" } })],
      [],
      ["kubectl apply -k FOLDER"],
    ],
    [
      "over what Argo CD installed",
      [given({ annotations: { "argocd.argoproj.io/tracking-id": "mesh:/ConfigMap:weft/weft-installation" } })],
      [],
      ["argocd app sync mesh"],
    ],
    [
      "over what Flux installed",
      [
        given({
          labels: {
            ...labels,
            "kustomize.toolkit.fluxcd.io/name": "mesh",
            "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
          },
        }),
      ],
      [],
      ["flux reconcile kustomization mesh --namespace flux-system"],
    ],
    ["beside a registration by hand", [registration], [], ["weft-injector in namespace mesh", "weft check"]],
    [
      "over the trust anchors of somebody's mesh",
      [unlabelled("ConfigMap", "linkerd-identity-trust-roots", "weft")],
      [],
      ["configmap/linkerd-identity-trust-roots in namespace weft"],
    ],
    [
      "over an issuer that was made by hand",
      [unlabelled("Secret", "linkerd-identity-issuer", "weft")],
      [],
      ["secret/linkerd-identity-issuer in namespace weft"],
    ],
    ["into Linkerd's namespace", linkerd, ["-L", "linkerd"], ["Linkerd's", "--adopt-linkerd"]],
  ];
  for (const [claim, objects, args, says] of refused) {
    it(`refuses ${claim}, and writes nothing`, async () => {
      const { stderr, ...rest } = await installedIn(objects, args);
      expect(rest).to.deep.equal({ exit: 1, printed: false, key: false });
      for (const text of says) expect(stderr).to.include(text);
    });
  }

  const taken: readonly [claim: string, objects: readonly JsonObject[]][] = [
    ["nothing is there", []],
    ["a definition was left behind", [object("apiextensions.k8s.io/v1", "CustomResourceDefinition", "x", {}, "")]],
    ["a Linkerd is elsewhere", linkerd],
  ];
  for (const [claim, objects] of taken) {
    it(`prints where ${claim}`, async () => {
      const { stderr, ...rest } = await installedIn(objects);
      expect(rest).to.deep.equal({ exit: 0, printed: true, key: true });
      expect(stderr).to.not.include("could not look");
    });
  }

  it("says what its choices need and the cluster does not have", async () => {
    const node = object("v1", "Node", "only", {}, "");
    const { stderr, exit } = await installedIn([node], ["--ha", "--certificates", "cert-manager"]);
    expect(exit).to.equal(0);
    expect(stderr)
      .to.include("3 nodes are needed that take pods, and there is 1")
      .and.include("cert-manager is not there");
  });

  it("prints with --offline whatever is there, and asks nothing", async () => {
    expect(await installedIn([given()], ["--offline"])).to.include({ exit: 0, printed: true });
    expect(cluster?.api.calls).to.deep.equal([]);
  });

  it("says as a dry run what speaks against it", async () => {
    const { stderr, key } = await installedIn([given()], ["--dry-run"]);
    expect(stderr).to.include("weft is installed already");
    expect(key).to.equal(false);
  });

  it("goes on where there is no cluster, and where it does not answer, and says so", async () => {
    const without = await ran([]);
    expect(without).to.include({ exit: 0, printed: true });
    expect(without.stderr).to.include("could not look whether weft is installed already: no cluster");
    await folder.remove("anchor.key");
    expect((await ran(["--ha"])).stderr).to.include("3 nodes are needed that take pods");
    await folder.remove("anchor.key");
    await folder.write("config", kubeconfig("https://127.0.0.1:1", {}));
    const unreachable = await ran(["--kubeconfig", folder.at("config")]);
    expect(unreachable).to.include({ exit: 0, printed: true });
    expect(unreachable.stderr).to.include("could not look").and.include("https://127.0.0.1:1");
  });

  it("does not go on with a kubeconfig that was named and is of no use", async () =>
    expect(await ran(["--kubeconfig", folder.at("none")])).to.include({ exit: 1, printed: false, key: false }));

  it("does not take what it may not see for absent", async () => {
    cluster = await httpApi([]);
    cluster.api.answerWith(({ path }) =>
      path.endsWith("/deployments") ? status(403, "Forbidden", "you may not list deployments") : undefined,
    );
    const { stderr, ...rest } = await installedIn([]);
    expect(rest).to.deep.equal({ exit: 1, printed: false, key: false });
    expect(stderr).to.include("you may not list deployments").and.include("--offline");
  });
});
