/** After all the other tests: what weft has written to its log meanwhile; then, taking it away gives everything back. */
import { expect } from "chai";
import { apply, deleteNamespaces, kubectl, patience, read, root, run } from "./kubectl.ts";
import { containerNames, namespace, pod, podNamed } from "./objects.ts";

const meshed = "e2e-uninstalled";
const serve = { args: ["serve", "8080"] };

describe("weft after all that", () => {
  it("has written no error to its log", async () => {
    const { out } = await kubectl(["-n", "weft", "logs", "deployment/weft-injector", "--all-pods", "--tail=-1"]);
    expect(out).to.include("serving reviews");
    expect(out.split("\n").filter((line) => /\b(ERROR|FATAL)\b/.test(line))).to.deep.equal([]);
  });
});

describe("weft uninstall", () => {
  before(async () => {
    await apply([namespace(meshed, { "linkerd.io/inject": "enabled" })]);
    await apply([pod(meshed, "before", serve)]);
    // What goes on running has to have been certified.
    await kubectl(["-n", meshed, "wait", "--for=condition=Ready", patience, "pod/before"]);
    await run(`${root}scripts/steps`, ["uninstall"]);
  });
  after(() => deleteNamespaces(meshed));

  it("the cluster has nothing of weft any more", async () => {
    const kinds =
      "mutatingwebhookconfiguration,validatingwebhookconfiguration,clusterrole,clusterrolebinding,namespace";
    const { out } = await kubectl(["get", kinds, "-o", "name"]);
    expect(out.split("\n").filter((line) => line.includes("weft") || line.includes("l5d"))).to.deep.equal([]);
  });

  it("namespaces have lost the label that repeated their annotation", async () => {
    const { metadata } = await read<{ readonly metadata: { readonly labels: object; readonly annotations: object } }>(
      "namespace",
      meshed,
    );
    expect(metadata.labels).to.not.have.property("weft.linkerd.io/inject");
    expect(metadata.annotations).to.include({ "linkerd.io/inject": "enabled" });
  });

  it("a meshed pod runs on, a new one is created without the proxy", async () => {
    await apply([pod(meshed, "after", serve)]);
    expect(containerNames(await podNamed(meshed, "before"))).to.include("linkerd-proxy");
    expect(containerNames(await podNamed(meshed, "after"))).to.deep.equal(["app"]);
    await kubectl(["-n", meshed, "wait", "--for=condition=Ready", patience, "pod/before", "pod/after"]);
  });
});
