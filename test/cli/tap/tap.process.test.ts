/** The program as a process: how it ends. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { served } from "../../support/api-http.ts";
import type { Served } from "../../support/api-http.ts";
import type { ObserveCall } from "../../support/fake-proxy.ts";
import { newFolder } from "../../support/folder.ts";
import type { Folder } from "../../support/folder.ts";
import { forwards } from "../../support/kubelet.ts";
import type { Forwards } from "../../support/kubelet.ts";
import { exchangeTold, tapMeshWorld } from "../../support/tap-world.ts";
import type { TapMeshWorld } from "../../support/tap-world.ts";
import { until } from "../../support/until.ts";

const main = fileURLToPath(new URL("../../../src/main.ts", import.meta.url));

describe("weft tap as a process", function () {
  // A process takes seconds to start where the machine is busy.
  this.timeout(60_000);
  let mesh: TapMeshWorld;
  let folder: Folder;
  let server: Served;
  let open: Forwards;
  const children: ChildProcess[] = [];
  beforeEach(async () => {
    mesh = await tapMeshWorld();
    server = await served(mesh.api);
    folder = await newFolder();
    await folder.write("kubeconfig", server.kubeconfig);
    open = forwards(server.server, ({ name }, port) => mesh.dial(name, port));
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
    open.cut();
    await mesh.close();
    await server.stop();
    await folder.destroy();
  });

  const telling =
    (...paths: readonly string[]) =>
    (call: ObserveCall): void => {
      for (const [stream, path] of paths.entries())
        for (const message of exchangeTold(stream, path)) call.tell(message);
    };
  const start = (): ChildProcess => {
    const words = ["tap", "deploy/web", "-n", "shop", "--max-rps", "2000", "--kubeconfig", folder.at("kubeconfig")];
    const child = spawn(process.execPath, [main, ...words]);
    children.push(child);
    return child;
  };
  const ended = async (child: ChildProcess): Promise<unknown> => {
    const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
    return code ?? signal;
  };

  it("SIGINT ends it with exit code 0, and leaves no forward open", async () => {
    await mesh.addPod("web-1", { on: telling("/a") });
    const child = start();
    let out = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (out += text));
    await until(() => out.includes("end id=0:0"));
    expect(open.open()).to.be.greaterThan(0);
    child.kill("SIGINT");
    expect(await ended(child)).to.equal(0);
    await until(() => open.open() === 0);
  });

  it("a reader that has seen enough ends it with exit code 0", async () => {
    const proxy = await mesh.addPod("web-1", { on: telling("/a") });
    const child = start();
    const over = ended(child);
    child.stdout?.once("data", () => child.stdout?.destroy());
    await until(() => proxy.calls.length === 1);
    await until(() => {
      for (const message of exchangeTold(1, "/more")) proxy.calls[0]?.tell(message);
      return child.exitCode !== null;
    });
    expect(await over).to.equal(0);
  });

  it("a reader that does not read holds up neither the events nor the end", async () => {
    const proxy = await mesh.addPod("web-1", {
      on: (call) => {
        telling(...Array.from({ length: 2000 }, (_, index) => `/${index}`))(call);
        call.end();
      },
    });
    const child = start();
    // Another call is made when all of the first was read.
    await until(() => proxy.calls.length === 2);
    child.kill("SIGINT");
    expect(await ended(child)).to.equal(0);
  });
});
