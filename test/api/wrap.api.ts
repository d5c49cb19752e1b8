/** What `weft wrap` prints on a real API server: taken with strict validation, read again, and rights that are enough and no more. */
import { expect } from "chai";
import { run } from "../../src/cli/program.ts";
import { newFolder } from "../support/folder.ts";
import type { Folder } from "../support/folder.ts";
import { recordingIo } from "../support/recording-io.ts";
import { golden } from "../support/wrap.ts";
import { describeOnApi } from "./harness/on-api.ts";

const namespace = "wrapped";
const app = golden("in.yaml").replaceAll("namespace: prod", `namespace: ${namespace}`);

describeOnApi("weft wrap on an API server", (api) => {
  let folder: Folder;
  before(async () => {
    folder = await newFolder();
    await api().namespace(namespace);
    for (const name of ["backend", "frontend"])
      await api().apply({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace } });
    await weft(["ca", "--cert-file", folder.at("ca.pem"), "--key-file", folder.at("ca.key")]);
  });
  after(() => folder.destroy());

  async function weft(args: readonly string[], stdin = ""): Promise<{ exit: number; stdout: string; stderr: string }> {
    const io = recordingIo({ stdin });
    const exit = await run(["wrap", ...args], io);
    return { exit, ...io.written };
  }

  /** With strict validation: an unknown field is an error. */
  async function apply(input: string): Promise<void> {
    const { code, stderr } = await api().kubectl(["apply", "--validate=strict", "-f", "-"], { input });
    expect([code, stderr]).to.deep.equal([0, ""]);
  }

  const caFlags = (): readonly string[] => ["--ca-cert", folder.at("ca.pem"), "--ca-key", folder.at("ca.key")];
  const cluster = (): readonly string[] => ["--kubeconfig", api().adminKubeconfig];

  for (const flags of [
    [],
    ["--discovery", "dns"],
    ["--native-sidecar", "--http-proxy"],
    ["--validation", "site"],
    ["--validation", "none"],
    ["--protocol", "h2", "--no-client-auth", "--incoming-port", "5140"],
  ]) {
    it(`manifests are taken, and those without it again: ${flags.join(" ")}`, async () => {
      const { exit, stdout, stderr } = await weft(["inject", ...flags, "-"], app);
      expect(exit, stderr).to.equal(0);
      await apply(stdout);
      await apply((await weft(["uninject", "-"], stdout)).stdout);
    });
  }

  it("Secrets are taken, and nothing is due then; check has nothing to say of what is in the cluster", async () => {
    await apply((await weft(["inject", "-"], app)).stdout);
    const missing = await weft(["check", ...cluster(), "-n", namespace]);
    expect([missing.exit, missing.stdout.match(/W-19/g)]).to.deep.equal([1, ["W-19", "W-19"]]);
    const { stdout } = await weft(["certs", ...cluster(), ...caFlags(), "-"], app);
    await apply(stdout);
    const again = await weft(["certs", ...cluster(), ...caFlags(), "-"], app);
    expect(again).to.deep.equal({ exit: 0, stdout: "", stderr: "weft: nothing is due\n" });
    const all = await weft(["check", ...cluster(), "-n", namespace]);
    expect([all.exit, all.stdout]).to.deep.equal([0, ""]);
  });

  const rights: readonly [verb: string, resource: string, where: string, answer: "yes" | "no"][] = [
    ["get", "endpoints", namespace, "yes"],
    ["watch", "endpoints", namespace, "yes"],
    ["list", "endpoints", namespace, "no"],
    ["update", "endpoints", namespace, "no"],
    ["delete", "endpoints", namespace, "no"],
    ["get", "secrets", namespace, "no"],
    ["get", "configmaps", namespace, "no"],
    ["get", "services", namespace, "no"],
    ["get", "endpoints", "default", "no"],
    ["watch", "endpoints", "kube-system", "no"],
  ];
  for (const account of ["frontend", "backend"]) {
    for (const [verb, resource, where, answer] of rights) {
      it(`may ${account} ${verb} ${resource} of ${where}? ${answer}`, async () => {
        const as = `system:serviceaccount:${namespace}:${account}`;
        const { stdout } = await api().kubectl(["auth", "can-i", verb, resource, "-n", where], { as });
        expect(stdout.trim()).to.equal(answer);
      });
    }
  }

  it("what linkerd asks is answered with these rights", async () => {
    const ask = api().askAs(`system:serviceaccount:${namespace}:frontend`);
    const path = `/api/v1/namespaces/${namespace}/endpoints/kubernetes`;
    expect((await ask({ method: "GET", path })).status).to.equal(404);
    expect((await ask({ method: "GET", path: path.replace(namespace, "default") })).status).to.equal(403);
  });
});
