/**
 * From Linkerd's control plane to weft's and back, by the lines of docs/scope.md as they are typed, on a real API server.
 * No pod runs: what is looked at is whose proxy a pod gets, and whom it trusts.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { issuerFiles, newAuthorities } from "../../src/cli/issuer-files.ts";
import { itemsOf } from "../../src/core/base/json/edit.ts";
import { annotationsOf, objectsAt, textAt } from "../../src/core/base/json/read.ts";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import { names } from "../../src/core/install/names.ts";
import { sha256 } from "../../src/files/sha256.ts";
import { eventually, good, run } from "./harness/cluster.ts";
import type { Ran } from "./harness/cluster.ts";
import type { Hook } from "./harness/hook.ts";
import { linkerdConfiguration, startLinkerd } from "./harness/linkerd.ts";
import { describeOnApi } from "./harness/on-api.ts";
import { asking, pod, workload } from "./harness/pods.ts";
import { installWeft } from "./harness/weft.ts";
import type { Weft } from "./harness/weft.ts";

const [shop, bank] = ["shop", "bank"];
const page = readFileSync(new URL("../../docs/scope.md", import.meta.url), "utf8");
const section = page.slice(page.indexOf("## From Linkerd's control plane to weft's"));
const lines = [...section.matchAll(/^```sh\n([^]*?)^```$/gm)].flatMap(([, text = ""]) => text.trimEnd().split("\n"));

/** The line of the page that has this. */
function line(part: string): string {
  const found = lines.find((each) => each.includes(part));
  if (found === undefined) throw new Error(`docs/scope.md has no line with ${part} any more`);
  return found;
}

describeOnApi("from Linkerd's control plane to weft's", (api) => {
  let injector: Hook;
  let weft: Weft;
  let folder: string;
  let trustAnchors: string;

  const typed = async (text: string): Promise<string> => {
    const env = { ...process.env, PATH: `${folder}:${process.env["PATH"]}`, KUBECONFIG: api().adminKubeconfig };
    const ran: Ran = await run(["sh", "-c", `set -e; cd "${folder}"; ${text}`], "", env);
    expect(ran.code, `${text}\n${ran.stderr}`).to.equal(0);
    return ran.stdout;
  };
  const created = async (namespace: string): Promise<JsonObject> =>
    good(await api().create(pod(namespace), { dryRun: true }), "pod");
  const maker = async (namespace: string): Promise<string> =>
    annotationsOf(await created(namespace))["linkerd.io/created-by"] ?? "";
  const isLinkerds = (by: string): boolean => by === "linkerd/proxy-injector";
  const isWefts = (by: string): boolean => by.startsWith("weft/webhook ");
  const storedAnchors = async (namespace: string): Promise<string> =>
    textAt(
      await api().get(`/api/v1/namespaces/${namespace}/configmaps/${names.trustAnchors}`),
      "data",
      names.trustAnchorsKey,
    );

  before(async function install() {
    this.timeout(120_000);
    folder = join(api().plane.folder, "migration");
    mkdirSync(folder, { recursive: true });
    const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
    for (const [name, program] of [
      ["weft", `"${process.execPath}" "${main}"`],
      ["kubectl", `"${api().kubectlPath}" --cache-dir="${folder}/cache"`],
    ])
      writeFileSync(join(folder, String(name)), `#!/bin/sh\nexec ${program} "$@"\n`, { mode: 0o755 });
    const { anchor, issuer } = await newAuthorities("cluster.local", new Date());
    trustAnchors = anchor.certificate;
    injector = await startLinkerd(api(), { namespace: "linkerd", trustAnchors, issuer, injects: [shop, bank] });
    for (const name of [shop, bank]) {
      if ((await api().get(`/api/v1/namespaces/${name}`)) === undefined)
        await api().namespace(name, { annotations: asking });
      await typed(`kubectl annotate --overwrite namespace ${name} linkerd.io/inject=enabled`);
      await api().apply(workload("Deployment", name));
    }
    await eventually("Linkerd injects", () => maker(shop), isLinkerds);
    good(await api().create(pod(shop, { name: "moved" })), "pod");
  });
  after(async () => {
    await weft?.end();
    await api().remove(
      `/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/${linkerdConfiguration}`,
      `/api/v1/namespaces/${shop}/pods/moved`,
    );
    await typed(`kubectl label namespace ${shop} ${bank} mesh- && weft backfill --remove`);
    await injector?.close();
  });

  it("weft is installed with the CAs of the running mesh, by the page's lines", async function weftInstalled() {
    this.timeout(120_000);
    for (const part of ["> ca.crt", "> issuer.crt", "> issuer.key", "weft install"]) await typed(line(part));
    // The manifest as the page prints it goes first; then somebody has to run it, in a kubelet's place.
    await typed("kubectl apply --server-side -f weft.yaml > applied.txt");
    expect(readFileSync(join(folder, "applied.txt"), "utf8")).to.include("weft-controller serverside-applied");
    const read = (name: string): string => readFileSync(join(folder, name), "utf8");
    weft = await installWeft(api(), {
      namespace: "weft",
      values: { weft: { namespaces: [shop], controlPlane: "own" } },
      authorities: {
        trustAnchors: read("ca.crt"),
        issuer: issuerFiles({ certificate: read("issuer.crt"), key: read("issuer.key") }),
      },
      flags: ["--grace-period=0s"],
    });
    await typed(line("weft backfill --namespaces shop"));
    expect(await storedAnchors("weft"))
      .to.equal(trustAnchors)
      .and.to.equal(await storedAnchors("linkerd"));
    const status = await typed("weft identity status -o json");
    const { trustAnchors: shown, issuer } = JSON.parse(status) as Shown;
    expect(issuer.below).to.deep.equal(shown.map(({ sha256: hash }) => hash));
  });

  it("until Linkerd's injector leaves a namespace alone, pods are Linkerd's", async () => {
    expect(await maker(shop)).to.satisfy(isLinkerds);
    await typed(line("kubectl patch"));
    expect(await maker(shop)).to.satisfy(isLinkerds);
  });

  it("a namespace is moved by its label: new pods are weft's, and trust the pods that Linkerd certifies", async () => {
    await typed(line("kubectl label namespace shop mesh=weft"));
    await eventually("weft injects", () => maker(shop), isWefts);
    const object = await created(shop);
    expect(annotationsOf(object)["linkerd.io/trust-root-sha256"]).to.equal(sha256(trustAnchors));
    expect(textAt(object, "metadata", "labels", "linkerd.io/control-plane-ns")).to.equal("weft");
    const containers = [...objectsAt(object, "spec", "initContainers"), ...objectsAt(object, "spec", "containers")];
    const proxies = containers.filter(({ name }) => name === "linkerd-proxy");
    expect(proxies).to.have.lengthOf(1);
    const env = Object.fromEntries(itemsOf(proxies[0]?.["env"]).map(({ name, value }) => [String(name), value]));
    expect(env["LINKERD2_PROXY_IDENTITY_TRUST_ANCHORS"]).to.equal(trustAnchors);
    expect(env["LINKERD2_PROXY_DESTINATION_SVC_ADDR"]).to.match(/^linkerd-dst-headless\.weft\.svc\./);
    expect(await maker(bank), "the other namespace stays").to.satisfy(isLinkerds);
  });

  it("weft status names the pods that are not moved yet, and how", async () => {
    const status = await typed(line("weft status -n shop"));
    expect(status).to.include("× shop pod/moved (1 pod): ").and.to.include("kubectl -n shop get pod moved -o yaml");
    await typed(line("kubectl --namespace shop rollout restart deployment"));
  });

  it("the next namespace follows", async () => {
    await typed(line("weft upgrade --namespaces shop,bank"));
    await typed(line("weft backfill --namespaces shop,bank"));
    await typed(line("kubectl label namespace bank mesh=weft"));
    await eventually("weft injects", () => maker(bank), isWefts);
    expect(await maker(shop)).to.satisfy(isWefts);
    expect(await storedAnchors("weft")).to.equal(trustAnchors);
  });

  it("and back: without the label pods are Linkerd's again", async () => {
    await typed(line("kubectl label namespace shop mesh-"));
    await eventually("Linkerd injects", () => maker(shop), isLinkerds);
    expect(await maker(bank)).to.satisfy(isWefts);
  });
});

interface Shown {
  readonly trustAnchors: readonly { readonly sha256: string }[];
  readonly issuer: { readonly below: readonly string[] };
}
