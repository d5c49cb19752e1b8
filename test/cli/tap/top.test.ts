import { expect } from "chai";
import { top } from "../../../src/cli/tap/top.ts";
import { fakeTerminal } from "../../support/fake-terminal.ts";
import { recordingIo } from "../../support/recording-io.ts";
import { tapMeshWorld, telling, web } from "../../support/tap-world.ts";
import type { TapMeshWorld } from "../../support/tap-world.ts";
import { until } from "../../support/until.ts";

describe("cli/tap/top", () => {
  let mesh: TapMeshWorld;
  beforeEach(async () => {
    mesh = await tapMeshWorld();
    await mesh.addPod("front-1", { deployment: "front", ip: "10.0.0.7" });
  });
  afterEach(() => mesh.close());

  it("without a terminal the table comes once, at the end", async () => {
    const proxy = await mesh.addPod("web-1", { on: telling("/a", "/a", "/b") });
    const io = recordingIo();
    const running = top(mesh.world, io, web, { hideSources: false, lasting: undefined });
    await until(() => proxy.calls.length === 1 && mesh.clock.waits().includes(100));
    await mesh.clock.advance(9000);
    expect(io.written.stdout).to.equal("");
    await mesh.clock.advance(1000);
    await running;
    expect(io.written).to.deep.equal({
      stdout: [
        "Source   Destination  Method  Path  TLS  Count  Best  Worst  Last  Success Rate",
        "front-1  web-1        GET     /a    √        2   3ms    3ms   3ms       100.00%",
        "front-1  web-1        GET     /b    √        1   3ms    3ms   3ms       100.00%",
        "",
      ].join("\n"),
      stderr: "",
    });
    await until(() => mesh.open().length === 0);
  });

  it("on a terminal it is drawn again as requests come, scrolls, and leaves it as it was", async () => {
    const proxy = await mesh.addPod("web-1", { on: telling("/a", "/a", "/b\u001B[2J", "/c", "/d", "/e") });
    const terminal = fakeTerminal(100, 5);
    const io = recordingIo({ terminal });
    const running = top(mesh.world, io, web, { hideSources: false, lasting: undefined });
    await until(() => proxy.calls.length === 1 && mesh.clock.waits().includes(100));
    // All of it has come.
    await until(async () => {
      await mesh.clock.advance(100);
      terminal.press("\u001B[F");
      return terminal.picture().some((line) => line.includes("/e"));
    });
    terminal.press("\u001B[H");
    const shown = (): readonly string[] => terminal.picture().map((line) => line.split(/ +/)[3] ?? "");
    expect(shown()).to.deep.equal(["Path", "/a", String.raw`/b\u001b[2J`, "/c", "scroll"]);
    terminal.press("\u001B[B");
    expect(shown()).to.deep.equal(["Path", String.raw`/b\u001b[2J`, "/c", "/d", "scroll"]);
    terminal.press("\u001B[F");
    expect(shown()).to.deep.equal(["Path", "/c", "/d", "/e", "scroll"]);
    terminal.press("\u001B[A");
    expect(shown()).to.deep.equal(["Path", String.raw`/b\u001b[2J`, "/c", "/d", "scroll"]);
    terminal.resize(100, 3);
    expect(shown()).to.deep.equal(["Path", String.raw`/b\u001b[2J`, "scroll"]);
    terminal.press("q");
    await running;
    expect(terminal.isRaw()).to.equal(false);
    expect(terminal.written().endsWith("\u001B[?1049l")).to.equal(true);
    await until(() => mesh.open().length === 0);
    expect(io.written).to.deep.equal({ stdout: "", stderr: "" });
  });

  it("what is said meanwhile is at the foot, and on standard error afterwards", async () => {
    const proxy = await mesh.addPod("web-1");
    const terminal = fakeTerminal(100, 6);
    const ending = new AbortController();
    const io = recordingIo({ terminal, signal: ending.signal });
    const running = top(mesh.world, io, web, { hideSources: false, lasting: undefined });
    await until(() => proxy.calls.length === 1 && mesh.clock.waits().includes(100));
    mesh.removePod("web-1");
    await mesh.clock.advance(5100);
    await until(() => terminal.picture().includes("pod web-1 is gone"));
    ending.abort();
    await running;
    expect(io.written.stderr).to.equal("weft: pod web-1 is gone\n");
  });

  it("who is refused has no screen taken", async () => {
    const terminal = fakeTerminal();
    const failed = await top(mesh.world, recordingIo({ terminal }), web, { hideSources: false, lasting: 1 }).catch(
      String,
    );
    expect(failed).to.equal("Error: there is no running meshed pod of deploy/web in namespace shop");
    expect(terminal.written()).to.equal("");
  });
});
