/**
 * What `weft install` prints, given to a real API server: accepted, idempotent, shown by `weft upgrade`, and taken away
 * by `weft uninstall`. Each variant in a namespace of its own, as nobody finalizes namespaces here.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { selfSigned } from "../../src/certificates/x509/self-signed.ts";
import { throwAwayAnchor } from "../support/certificates.ts";
import { newAuthorities } from "../../src/cli/issuer-files.ts";
import { run } from "../../src/cli/program.ts";
import { collectionPath, kinds } from "../../src/core/kubernetes/kinds.ts";
import { labelSelector } from "../../src/core/install/names.ts";
import { nameOf } from "../../src/core/install/print.ts";
import { itemsOf } from "../../src/core/base/json/edit.ts";
import { at } from "../../src/core/base/json/read.ts";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import { recordingIo } from "../support/recording-io.ts";
import { eventually, good } from "./harness/cluster.ts";
import type { Cluster } from "./harness/cluster.ts";
import { describeOnApi } from "./harness/on-api.ts";

const day = 86_400_000;
const lifetime = () => ({ notBefore: new Date(Date.now() - day), notAfter: new Date(Date.now() + day) });
const recorded = readFileSync(new URL("../conformance/settings.json", import.meta.url), "utf8");

/** Names of the variants and their flags; `FOLDER` is where the files are. */
const variants: readonly [namespace: string, flags: readonly string[], configuration: string][] = [
  ["inst-usual", [], "weft-injector"],
  ["inst-ha", ["--ha"], "weft-injector"],
  ["inst-small", ["--set", "weft.replicas=1", "--set", "weft.networkPolicy.enabled=false"], "weft-injector"],
  ["inst-chosen", ["--namespaces", "shop,bank", "--failure-policy", "Fail"], "weft-injector"],
  ["inst-manager", ["--certificates", "cert-manager"], "weft-injector"],
  ["inst-own", ["--issuer-cert", "FOLDER/issuer.crt", "--issuer-key", "FOLDER/issuer.key"], "weft-injector"],
  [
    "inst-own-manager",
    ["--set", "weft.identity.mode=cert-manager", "--set", "weft.identity.issuerRef.name=root"],
    "weft-injector",
  ],
  [
    "inst-files",
    [
      "--certificates",
      "files",
      "--tls-cert",
      "FOLDER/tls.crt",
      "--tls-key",
      "FOLDER/tls.key",
      "--ca-bundle",
      "FOLDER/tls.crt",
    ],
    "weft-injector",
  ],
  ["inst-linkerd", ["--adopt-linkerd", "-L", "inst-linkerd"], "l5d-weft"],
];

describeOnApi("weft install", (api) => {
  const folder = () => api().plane.folder;

  before(async () => {
    const { anchor, issuer } = await newAuthorities("cluster.local", new Date());
    writeFileSync(join(folder(), "anchors.crt"), anchor.certificate);
    writeFileSync(join(folder(), "issuer.crt"), issuer.certificate);
    writeFileSync(join(folder(), "issuer.key"), issuer.key);
    const { certificate, key } = await selfSigned({ names: ["weft-injector.inst-files.svc"], ...lifetime() });
    writeFileSync(join(folder(), "tls.crt"), certificate);
    writeFileSync(join(folder(), "tls.key"), key);
    for (const each of [...certManagerKinds, ...runningLinkerd(await throwAwayAnchor(lifetime()))]) {
      good(await api().create(each), nameOf(each).kind);
    }
    await eventually("kinds of cert-manager are served", async () =>
      api().get("/apis/cert-manager.io/v1/certificates"),
    );
  });

  for (const [namespace, flags, configuration] of variants) {
    describe(`${namespace} ${flags.join(" ")}`, () => {
      const weft = (args: readonly string[]) => weftOn(api(), args);
      const all = () => {
        const adopts = flags.includes("--adopt-linkerd");
        const own = adopts ? [] : ["--trust-anchors", join(folder(), "anchors.crt"), "--namespace", namespace];
        return [...flags.map((flag) => flag.replace("FOLDER", folder())), ...own];
      };
      let manifest = "";

      it("is accepted as a dry run, before anything is there", async () => {
        const { exit, stdout, stderr } = await weft(["install", ...all(), "--dry-run"]);
        expect(exit, stderr).to.equal(0);
        // There are no nodes here.
        expect(stderr).to.match(flags.includes("--ha") ? /3 nodes are needed that take pods, and there are 0/ : /^$/);
        for (const line of stdout.trimEnd().split("\n")) expect(line).to.match(/: would be created$/);
      });

      it("is applied, in one go", async () => {
        manifest = (await weft(["install", ...all()])).stdout;
        const { code, stderr } = await api().kubectl(["apply", "-f", "-"], { input: manifest });
        expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
      });

      it("has pods that Pod Security takes as restricted", async () => {
        const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
        await api().namespace(`${namespace}-pods`, { labels });
        const { items } = (await api().get(`/apis/apps/v1/namespaces/${namespace}/deployments`)) ?? {};
        const names = itemsOf(items).map((deployment) => nameOf(deployment).name);
        const makesCertificates = !["inst-manager", "inst-files"].includes(namespace);
        expect(names.toSorted()).to.deep.equal([
          ...(makesCertificates ? ["weft-certificates"] : []),
          ...(namespace.startsWith("inst-own") ? ["weft-controller"] : []),
          "weft-injector",
        ]);
        for (const deployment of itemsOf(items)) {
          const { spec: made } = deployment as { readonly spec: { readonly template: { readonly spec: JsonObject } } };
          const spec = { ...made.template.spec, serviceAccountName: "default" };
          const metadata = { name: "it", namespace: `${namespace}-pods` };
          good(await api().create({ apiVersion: "v1", kind: "Pod", metadata, spec }, { dryRun: true }), "pod");
        }
      });

      it("changes nothing when it is applied again", async () => {
        const { stdout } = await api().kubectl(["apply", "-f", "-"], { input: manifest });
        const changed = stdout.split("\n").filter((line) => line !== "" && !line.endsWith(" unchanged"));
        // kubectl always sends the selector of a budget (patchStrategy: replace).
        expect(changed.filter((line) => !line.startsWith("poddisruptionbudget"))).to.deep.equal([]);
        expect((await weft(["install", ...all(), "--dry-run"])).stdout).to.not.match(/would/);
      });

      it("is taken by server-side apply", async () => {
        const { code } = await api().kubectl(["apply", "--server-side", "--dry-run=server", "-f", "-"], {
          input: manifest,
        });
        expect(code).to.equal(0);
      });

      it("is what weft upgrade finds, without being told again", async () => {
        const { exit, stdout } = await weft(["upgrade", "--exit-code"]);
        expect({ exit, stdout }).to.deep.equal({ exit: 0, stdout: "" });
        expect((await weft(["upgrade", "-o", "yaml"])).stdout).to.equal(manifest);
      });

      it("is shown as it would change, caBundle aside", async () => {
        await revertCaBundle(api(), configuration);
        const { exit, stdout } = await weft(["upgrade", "--exit-code", "--set", "weft.logLevel=debug"]);
        expect(exit).to.equal(1);
        expect(stdout.split("\n").filter((line) => /^[+-] /.test(line))).to.include.members([
          "-        - --log-level=info",
          "+        - --log-level=debug",
        ]);
        expect(stdout).to.not.include("caBundle");
      });

      it("is shown without what kubectl apply would take away", async () => {
        const extra = ["--set", String.raw`weft.nodeSelector.example\.org/pool=a`];
        const more = (await weft(["upgrade", "-o", "yaml", ...extra])).stdout;
        await api().kubectl(["apply", "-f", "-"], { input: more });
        const back = await weft(["upgrade", "--set", "weft.nodeSelector=null"]);
        expect(back.stdout.split("\n")).to.include("-        example.org/pool: a");
      });

      it("is gone after weft uninstall, registrations first", async () => {
        const { stdout } = await weft(["uninstall"]);
        expect(stdout).to.match(/^apiVersion: admissionregistration/);
        const { code, stderr } = await api().kubectl(["delete", "--wait=false", "-f", "-"], { input: stdout });
        expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
        // They go with the namespace, by a controller that is not here.
        if (!flags.includes("--adopt-linkerd"))
          await api().remove(`/api/v1/namespaces/${namespace}/configmaps/linkerd-identity-trust-roots`);
        // A definition goes when the API server has looked after its objects.
        await eventually("nothing of weft is left", async () => (await leftIn(api())).length === 0);
      });
    });
  }

  it("leaves a running Linkerd as it was", async () => {
    const left = await api().get("/api/v1/namespaces/inst-linkerd/configmaps/linkerd-config");
    expect(left?.["data"]).to.deep.equal({ values: recorded });
  });
});

/** The command, with the cluster of the tests. */
async function weftOn(cluster: Cluster, args: readonly string[]) {
  const io = recordingIo({ version: "1.0.0" });
  const offline = args[0] === "install" && !args.includes("--dry-run") && !args.includes("--adopt-linkerd");
  const exit = await run([...args, ...(offline ? [] : ["--kubeconfig", cluster.adminKubeconfig])], io);
  return { exit, ...io.written };
}

/** Namespaces stay, ending. What is in those of other files of tests is theirs. */
async function leftIn(cluster: Cluster): Promise<readonly string[]> {
  const found: JsonObject[] = [];
  for (const kind of kinds.filter((each) => each.kind !== "Namespace")) {
    const answer = await cluster.ask({ method: "GET", path: collectionPath(kind), query: { labelSelector } });
    found.push(...itemsOf(good(answer, kind.plural)["items"]));
  }
  const isOurs = (object: JsonObject): boolean => {
    const namespace = at(object, "metadata", "namespace");
    return typeof namespace !== "string" || namespace.startsWith("inst-");
  };
  return found.filter(isOurs).map((object) => JSON.stringify(object["metadata"]));
}

const revertCaBundle = async (cluster: Cluster, name: string): Promise<void> => {
  const path = `/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/${name}`;
  const body = [{ op: "add", path: "/webhooks/0/clientConfig/caBundle", value: "Q0E=" }];
  good(await cluster.ask({ method: "PATCH", path, body, contentType: "application/json-patch+json" }), path);
};

/** Enough of Linkerd to be adopted: its settings and trust roots. */
const runningLinkerd = (anchor: string): readonly JsonObject[] => [
  { apiVersion: "v1", kind: "Namespace", metadata: { name: "inst-linkerd" } },
  configMap("linkerd-config", { values: recorded }),
  configMap("linkerd-identity-trust-roots", { "ca-bundle.crt": anchor }),
];

const configMap = (name: string, data: JsonObject): JsonObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "inst-linkerd" },
  data,
});

/** cert-manager's kinds, with any contents. */
const certManagerKinds: readonly JsonObject[] = (
  [
    ["Certificate", "certificates"],
    ["Issuer", "issuers"],
  ] as const
).map(([kind, plural]) => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: `${plural}.cert-manager.io` },
  spec: {
    group: "cert-manager.io",
    names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
    scope: "Namespaced",
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
      },
    ],
  },
}));
