/**
 * The charts and a real API server: installed, upgraded, rolled back, taken away; and an installation of `weft install`
 * that Helm takes over. There are no kubelets, so nothing is waited for. What weft writes at run time is written by hand.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { newAuthorities } from "../../src/cli/issuer-files.ts";
import { run as weftRun } from "../../src/cli/program.ts";
import { changedAt, itemsOf } from "../../src/core/base/json/edit.ts";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import { nameOf } from "../../src/core/install/print.ts";
import { ownPackage } from "../../src/files/package.ts";
import { charts, helm, objectsIn, rendered } from "../support/helm.ts";
import { recordingIo } from "../support/recording-io.ts";
import { eventually, good, pathOf, run } from "./harness/cluster.ts";
import type { Ran } from "./harness/cluster.ts";
import { describeOnApi } from "./harness/on-api.ts";

const namespace = "helm-weft";
const adopted = "helm-adopted";
const registration = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/weft-injector";

describeOnApi("charts/", function suite(api) {
  before(function skipped() {
    if (helm !== undefined) return;
    process.stderr.write("test:api: charts/ skipped, there is no helm, by HELM or in PATH\n");
    this.skip();
  });

  let values: JsonObject = {};
  before(async () => {
    const { anchor, issuer } = await newAuthorities("cluster.local", new Date());
    const tls = { crtPEM: issuer.certificate, keyPEM: issuer.key };
    values = { identityTrustAnchorsPEM: anchor.certificate, identity: { issuer: { tls } } };
  });

  const inHelm = (args: readonly string[], more: JsonObject = {}): Promise<Ran> =>
    run([helm ?? "", ...args], JSON.stringify({ ...values, ...more }), {
      ...process.env,
      KUBECONFIG: api().adminKubeconfig,
      HELM_CACHE_HOME: `${api().plane.folder}/helm-cache`,
    });
  const helmed = async (args: readonly string[], more?: JsonObject): Promise<string> => {
    const { code, stdout, stderr } = await inHelm(args, more);
    expect(code, stderr).to.equal(0);
    return stdout;
  };
  const upgraded = (more?: JsonObject) =>
    helmed(["upgrade", "weft", `${charts}weft`, "--namespace", namespace, "--values", "-"], more);
  const weft = async (...args: readonly string[]) => {
    const io = recordingIo({ version: ownPackage().version });
    const exit = await weftRun([...args, "--kubeconfig", api().adminKubeconfig], io);
    return { exit, ...io.written };
  };
  const argsOf = async (name: string, where = namespace): Promise<string> =>
    JSON.stringify(await api().get(`/apis/apps/v1/namespaces/${where}/deployments/${name}`));
  const patch = async (path: string, body: JsonObject): Promise<void> => {
    good(await api().ask({ method: "PATCH", path, body, contentType: "application/merge-patch+json" }), path);
  };

  const inManifest = (): readonly JsonObject[] =>
    objectsIn(rendered({ chart: "weft", namespace, values })).filter(isKept);
  const live = (): Promise<readonly JsonObject[]> =>
    Promise.all(inManifest().map(async (object) => (await api().get(pathOf(object))) ?? {}));
  const versions = async (): Promise<readonly string[]> =>
    (await live()).map(({ kind, metadata }) => {
      const { name, resourceVersion } = metadata as { name: string; resourceVersion: string };
      return `${JSON.stringify(kind)} ${name} ${resourceVersion}`;
    });

  it("are installed, the definitions first", async () => {
    await helmed(["install", "weft-crds", `${charts}weft-crds`, "--namespace", "default"]);
    const flags = ["--namespace", namespace, "--create-namespace", "--values", "-"];
    const notes = await helmed(["install", "weft", `${charts}weft`, ...flags]);
    expect(notes).to.include(`is in namespace ${namespace}, with its own control plane`);
    expect(notes).to.not.match(/not there|waits? for/);
    for (const object of await live()) expect(object["kind"]).to.be.a("string");
  });

  it("are known to weft upgrade, which finds nothing to change and names helm's command", async () => {
    const { exit, stdout, stderr } = await weft("upgrade", "--exit-code");
    expect({ exit, stdout }).to.deep.equal({ exit: 0, stdout: "" });
    expect(stderr).to.include(`Helm keeps this installation: helm upgrade weft CHART --namespace ${namespace}`);
    expect((await weft("upgrade", "-o", "yaml")).stdout).to.equal("");
  });

  it("change nothing when they are applied again, whatever weft wrote since", async () => {
    const secret = `/api/v1/namespaces/${namespace}/secrets/weft-ca`;
    const lease = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/weft-controller`;
    const { webhooks } = (await api().get(registration)) ?? {};
    const trusted = itemsOf(webhooks).map((webhook) => changedAt(webhook, ["clientConfig", "caBundle"], () => "Q0E="));
    await patch(registration, { webhooks: trusted });
    await patch(secret, { data: { "tls.crt": "Q0E=" } });
    await patch(lease, { spec: { holderIdentity: "it", leaseDurationSeconds: 15 } });
    const before = await versions();
    await upgraded();
    expect(await versions()).to.deep.equal(before);
  });

  it("are upgraded, and rolled back", async () => {
    await upgraded({ weft: { logLevel: "debug", replicas: 3 } });
    expect(await argsOf("weft-controller"))
      .to.include("--log-level=debug")
      .and.include('"replicas":3');
    await helmed(["rollback", "weft", "2", "--namespace", namespace]);
    expect(await argsOf("weft-controller"))
      .to.include("--log-level=info")
      .and.include('"replicas":2');
    expect(JSON.stringify(await api().get(registration))).to.include('"caBundle":"Q0E="');
  });

  it("refuse trust anchors that running pods do not trust, as the guard in the cluster does", async () => {
    const other = await newAuthorities("cluster.local", new Date());
    const { code, stderr } = await inHelm(
      ["upgrade", "weft", `${charts}weft`, "--namespace", namespace, "--values", "-"],
      { identityTrustAnchorsPEM: other.anchor.certificate },
    );
    expect(code).to.equal(1);
    expect(stderr).to.include("weft-keeps-trust-anchors");
    await helmed(["rollback", "weft", "3", "--namespace", namespace]);
  });

  it("have a test whose account may do what it takes, and nothing else", async () => {
    // There is nobody here who makes it.
    await api().create({
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: "default", namespace: "default" },
    });
    const hooks = objectsIn(rendered({ chart: "weft", namespace, values })).filter((object) => !isKept(object));
    for (const object of hooks.filter(({ kind }) => kind !== "Pod")) await api().apply(object);
    const account = await api().serviceAccount(namespace, "weft-test");
    const io = recordingIo();
    const exit = await weftRun(["check", "--for=injection", "--kubeconfig", account], io);
    // No replica answers here.
    expect({ exit, stdout: io.written.stdout }).to.deep.include({ exit: 1 });
    expect(io.written.stdout)
      .to.match(/came back without linkerd-proxy/)
      .and.not.match(/forbidden/);
    const pod = hooks.find(({ kind }) => kind === "Pod") ?? {};
    good(
      await api().create(
        changedAt(pod, ["spec", "priorityClassName"], () => undefined),
        { dryRun: true },
      ),
      "pod",
    );
    await api().remove(...hooks.filter(({ kind }) => kind !== "Pod").map(pathOf));
  });

  it("are taken away, but for the trust anchors", async () => {
    const all = inManifest();
    const out = await helmed(["uninstall", "weft", "--namespace", namespace]);
    await helmed(["uninstall", "weft-crds", "--namespace", "default"]);
    expect(out).to.include("linkerd-identity-trust-roots");
    const isAnchors = (object: JsonObject): boolean => nameOf(object).name === "linkerd-identity-trust-roots";
    await eventually("the rest is gone", async () => {
      const left = await Promise.all(
        [...all.filter((object) => !isAnchors(object)), ...objectsIn(rendered({ chart: "weft-crds" }))].map((object) =>
          api().get(pathOf(object)),
        ),
      );
      return left.every((object) => object === undefined);
    });
    expect(await api().get(`/api/v1/namespaces/${namespace}/configmaps/linkerd-identity-trust-roots`)).to.be.an(
      "object",
    );
  });

  describe("over an installation of weft install", () => {
    const flags = ["--namespace", adopted, "--values", "-"];
    let before: JsonObject = {};

    it("helm does not touch what is not its own, unless it is told to", async () => {
      const manifest = await installedBy(api().plane.folder, adopted, values);
      const { code, stderr } = await api().kubectl(["apply", "-f", "-"], { input: manifest });
      expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
      before = (await api().get(`/apis/apps/v1/namespaces/${adopted}/deployments/weft-controller`)) ?? {};
      const refused = await inHelm(["install", "weft", `${charts}weft`, ...flags]);
      expect(refused.code).to.equal(1);
      expect(refused.stderr).to.include("invalid ownership metadata");
    });

    it("takes it over as it is, and keeps it from then on", async () => {
      await helmed(["install", "weft-crds", `${charts}weft-crds`, "--namespace", adopted, "--take-ownership"]);
      await helmed(["install", "weft", `${charts}weft`, ...flags, "--take-ownership"]);
      const after = (await api().get(`/apis/apps/v1/namespaces/${adopted}/deployments/weft-controller`)) ?? {};
      const uid = ({ metadata }: JsonObject): unknown => (metadata as JsonObject)["uid"];
      expect(uid(after)).to.equal(uid(before));
      expect(after["spec"], "no pod is made anew").to.deep.equal(before["spec"]);
      const { exit, stdout, stderr } = await weft("upgrade", "--exit-code");
      expect({ exit, stdout }).to.deep.equal({ exit: 0, stdout: "" });
      expect(stderr).to.include("Helm keeps this installation");
    });

    it("lets it go", async () => {
      await helmed(["uninstall", "weft", "--namespace", adopted]);
      await helmed(["uninstall", "weft-crds", "--namespace", adopted]);
      await eventually("nothing of weft is registered", async () => (await api().get(registration)) === undefined);
    });
  });
});

const isKept = (object: JsonObject): boolean => !JSON.stringify(object["metadata"]).includes("helm.sh/hook");

/** As YAML. */
async function installedBy(folder: string, where: string, values: JsonObject): Promise<string> {
  const file = join(folder, `${where}.json`);
  writeFileSync(file, JSON.stringify(values));
  const io = recordingIo({ version: ownPackage().version });
  const flags = ["--namespace", where, "--values", file, "--set", "weft.controlPlane=own"];
  expect(await weftRun(["install", "--offline", ...flags], io), io.written.stderr).to.equal(0);
  return io.written.stdout;
}
