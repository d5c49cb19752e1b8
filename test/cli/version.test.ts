import { expect } from "chai";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../src/cli/program.ts";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import { httpApi } from "../support/api-http.ts";
import type { HttpApi } from "../support/api-http.ts";
import { recordingIo } from "../support/recording-io.ts";

const pod = (name: string, component: string, image: string): JsonObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name,
    namespace: "weft",
    labels: { "app.kubernetes.io/name": "weft", "app.kubernetes.io/component": component },
  },
  spec: { containers: [{ name: "weft", image }] },
});

describe("weft version", () => {
  let folder = "";
  let server: HttpApi;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "weft-version-"));
    server = await httpApi([]);
    await writeFile(join(folder, "config"), server.kubeconfig);
  });
  after(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });

  async function ran(...args: readonly string[]) {
    const io = recordingIo({ version: "0.2.0" });
    const exit = await run(["version", "--kubeconfig", join(folder, "config"), ...args], io);
    return { exit, ...io.written };
  }
  const printed = (stdout: string) => ({ exit: 0, stdout, stderr: "" });

  it("asks no cluster with --client", async () => {
    expect(await ran("--client")).to.deep.equal(printed("Client version: 0.2.0\n"));
  });

  it("says that nothing runs", async () => {
    expect(await ran()).to.deep.equal(
      printed("Client version: 0.2.0\nServer version: unavailable (no pod of weft's in the cluster)\n"),
    );
  });

  it("says why it does not know", async () => {
    const io = recordingIo({ version: "0.2.0" });
    const exit = await run(["version", "--kubeconfig", join(folder, "nothing")], io);
    expect({ exit, stdout: io.written.stdout }).to.deep.equal({
      exit: 0,
      stdout: `Client version: 0.2.0\nServer version: unavailable (${join(folder, "nothing")}: there is no such kubeconfig)\n`,
    });
  });

  it("is one line while all pods are of one version", async () => {
    server.api.put(pod("a", "injector", "registry.example/weft:0.1.0"));
    server.api.put(pod("b", "controller", "registry.example/weft:0.1.0"));
    expect(await ran()).to.deep.equal(printed("Client version: 0.2.0\nServer version: 0.1.0\n"));
  });

  it("names the components where they differ", async () => {
    server.api.put(pod("b", "controller", "registry.example/weft:0.2.0@sha256:0a"));
    expect(await ran()).to.deep.equal(
      printed(
        "Client version: 0.2.0\n" +
          "Server version: 0.2.0 (controller in namespace weft)\n" +
          "Server version: 0.1.0 (injector in namespace weft)\n",
      ),
    );
  });

  it("is JSON for programs", async () => {
    const { stdout } = await ran("-o", "json");
    expect(JSON.parse(stdout)).to.deep.equal({
      client: "0.2.0",
      server: {
        versions: [
          { namespace: "weft", component: "controller", version: "0.2.0" },
          { namespace: "weft", component: "injector", version: "0.1.0" },
        ],
      },
    });
  });

  it("refuses another format", async () => {
    expect(await ran("-o", "yaml")).to.include({ exit: 2 });
  });
});
