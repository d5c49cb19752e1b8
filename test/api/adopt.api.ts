/**
 * Beside a running Linkerd: weft takes over in chosen namespaces, with Linkerd's settings, and gives everything back.
 * Linkerd's injector is played by a webhook registered as Linkerd registers its own, which leaves pods
 * alone that have a proxy.
 */
import { expect } from "chai";
import { installObjects } from "../../src/core/install/objects.ts";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import { toYaml } from "../../src/core/documents/yaml-text.ts";
import { eventually, good, pathOf } from "./harness/cluster.ts";
import type { Cluster } from "./harness/cluster.ts";
import { weftCommand } from "./harness/command.ts";
import type { Hook } from "./harness/hook.ts";
import { linkerdConfiguration, startLinkerd } from "./harness/linkerd.ts";
import { describeOnApi } from "./harness/on-api.ts";
import { asking, containersOf, isMeshed, pod } from "./harness/pods.ts";
import { installWeft, recorded } from "./harness/weft.ts";
import type { Weft } from "./harness/weft.ts";

const linkerd = "adopt-linkerd";
const chosen = "adopt-shop";
const other = "adopt-bank";
const configurations = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";

describeOnApi("beside a running Linkerd", (api) => {
  let injector: Hook;
  let weft: Weft;

  before(async () => {
    injector = await startLinkerd(api(), {
      namespace: linkerd,
      trustAnchors: api().plane.ca.certificate,
      injects: [chosen, other],
    });
    for (const name of [chosen, other]) await api().namespace(name, { annotations: asking });
    await eventually("Linkerd's injector is called", async () => madeBy(await created(api(), other)), isLinkerds);
    weft = await installWeft(api(), {
      namespace: linkerd,
      certificates: "files",
      values: {
        weft: { adoptLinkerd: true, controlPlaneNamespace: linkerd, namespaces: [chosen] },
      },
    });
    // Its annotation is older than weft.
    const { code, stderr } = await weftCommand(api(), ["backfill", `--namespaces=${chosen}`]);
    expect(code, stderr).to.equal(0);
  });
  after(async () => {
    await weft?.end();
    await api().remove(`${configurations}/${linkerdConfiguration}`);
    await injector?.close();
  });

  it("is registered under a name that sorts before Linkerd's", async () => {
    const list = await api().get(configurations);
    const names = ((list?.["items"] ?? []) as { metadata: { name: string } }[]).map(({ metadata }) => metadata.name);
    expect(names).to.include.members(["l5d-weft", linkerdConfiguration]);
    expect(names.indexOf("l5d-weft")).to.be.lessThan(names.indexOf(linkerdConfiguration));
  });

  it("injects in the chosen namespace, once, and Linkerd's injector stays out", async () => {
    injector.forget();
    const object = await created(api(), chosen);
    expect(madeBy(object)).to.match(/^weft\/webhook /);
    expect(containersOf(object).filter(({ name }) => name === "linkerd-proxy")).to.have.lengthOf(1);
    // It was asked, and saw the proxy.
    expect(injector.calls.length).to.be.greaterThan(0);
    expect(injector.calls.every(({ object }) => isMeshed(object))).to.equal(true);
  });

  it("leaves other namespaces to Linkerd", async () => {
    expect(madeBy(await created(api(), other))).to.equal("linkerd/proxy-injector");
  });

  it("uses Linkerd's settings", async () => {
    const proxy = containersOf(await created(api(), chosen)).find(({ name }) => name === "linkerd-proxy");
    const { proxy: values } = recorded as { proxy: { image: { name: string; version: string } } };
    expect(proxy?.["image"]).to.include(`${values.image.name}:`);
  });

  it("brings no settings of its own, and takes Linkerd's not away", async () => {
    const paths = installObjects(weft.choices).map(pathOf);
    expect(paths).to.include(`/apis/apps/v1/namespaces/${linkerd}/deployments/weft-injector`);
    expect(paths.filter((path) => path.includes("/configmaps/linkerd-"))).to.deep.equal([]);
    expect(paths).to.not.include(`/api/v1/namespaces/${linkerd}`);
    const { stdout } = await weftCommand(api(), ["uninstall", "-n", linkerd, "-L", linkerd, "--adopt-linkerd"]);
    expect(stdout).to.include("l5d-weft");
    expect(stdout).to.not.match(/name: (linkerd-config|linkerd-identity-trust-roots|linkerd-proxy-injector)/);
    expect(stdout).to.not.match(new RegExp(`kind: Namespace\nmetadata:\n {2}name: ${linkerd}\n`));
  });

  it("gives everything back when it is removed", async () => {
    const { stdout } = await weftCommand(api(), ["uninstall", "-n", linkerd, "-L", linkerd, "--adopt-linkerd"]);
    const { code, stderr } = await api().kubectl(["delete", "--wait=false", "-f", "-"], { input: stdout });
    expect(code, stderr).to.equal(0);
    await eventually("Linkerd injects", async () => madeBy(await created(api(), chosen)), isLinkerds);
    const left = await api().get(`/api/v1/namespaces/${linkerd}/configmaps/linkerd-config`);
    expect(left?.["data"]).to.deep.equal({ values: toYaml(recorded) });
    const backfill = await weftCommand(api(), ["backfill", "--remove", `--namespaces=${chosen}`]);
    expect(backfill.code, backfill.stderr).to.equal(0);
  });
});

const created = async (cluster: Cluster, namespace: string): Promise<JsonObject> =>
  good(await cluster.create(pod(namespace), { dryRun: true }), "pod");

const madeBy = (object: JsonObject): string =>
  (object as { metadata: { annotations?: Readonly<Record<string, string>> } }).metadata.annotations?.[
    "linkerd.io/created-by"
  ] ?? "";
const isLinkerds = (by: string): boolean => by === "linkerd/proxy-injector";
