import { expect } from "chai";
import fc from "fast-check";
import { tap } from "../../../src/cli/tap/tap.ts";
import type { TapHow } from "../../../src/cli/tap/tap.ts";
import { mostWaiting } from "../../../src/cli/tap/output.ts";
import { CommandFailure } from "../../../src/cli/io.ts";
import { runs } from "../../support/properties.ts";
import { recordingIo } from "../../support/recording-io.ts";
import type { RecordingIo } from "../../support/recording-io.ts";
import { tapMeshWorld, telling, web } from "../../support/tap-world.ts";
import type { TapMeshWorld } from "../../support/tap-world.ts";
import { until } from "../../support/until.ts";

const plain: TapHow = { format: "lines", sensitive: false, lasting: undefined };

describe("cli/tap/tap", () => {
  let mesh: TapMeshWorld;
  beforeEach(async () => {
    mesh = await tapMeshWorld();
  });
  afterEach(() => mesh.close());

  /** Until so many lines are there, or a condition holds; then the user asks to stop. */
  const tapped = async (
    how: Partial<TapHow>,
    enough: (io: RecordingIo) => boolean,
  ): Promise<RecordingIo["written"]> => {
    const ending = new AbortController();
    const io = recordingIo({ signal: ending.signal });
    const running = tap(mesh.world, io, { ...web, mostPerSecond: 1000 }, { ...plain, ...how });
    await until(() => enough(io));
    ending.abort();
    await running;
    return io.written;
  };
  const lines = (count: number) => (io: RecordingIo) => io.written.stdout.split("\n").length > count;

  it("a request is three lines", async () => {
    await mesh.addPod("web-1", { on: telling("/a\n\u001B[2J") });
    const about = "id=0:0 proxy=in  src=10.0.0.7:40000 dst=10.0.0.1:8080 tls=true";
    expect(await tapped({}, lines(3))).to.deep.equal({
      stdout: [
        String.raw`req ${about} :method=GET :authority=web :path=/a\x0a\x1b[2J`,
        `rsp ${about} :status=200 latency=1000µs`,
        `end ${about} duration=2000µs`,
        "",
      ].join("\n"),
      stderr: "",
    });
    await until(() => mesh.open().length === 0);
  });

  it("wide lines say whose the addresses are", async () => {
    await mesh.addPod("front-1", { deployment: "front", ip: "10.0.0.7" });
    await mesh.addPod("web-1", { on: telling("/a") });
    const { stdout } = await tapped({ format: "wide" }, lines(3));
    expect(stdout.split("\n")[0]).to.match(
      / :path=\/a src_deployment=front src_namespace=shop src_pod=front-1 src_serviceaccount=web src_tls=true dst_deployment=web dst_namespace=shop dst_pod=web-1 dst_serviceaccount=web$/,
    );
  });

  it("JSON is one object behind the other, every character as it is", async () => {
    await mesh.addPod("web-1", { on: telling("/a") });
    const { stdout } = await tapped({ format: "json" }, (io) => io.written.stdout.includes("responseEndEvent"));
    const objects = stdout.split(/(?<=^\}\n)/m).map((text) => JSON.parse(text) as object);
    expect(objects).to.have.length(3);
    expect(objects[0]).to.have.nested.property("pod.name", "web-1");
  });

  it("ends after its time, with exit code 0", async () => {
    const proxy = await mesh.addPod("web-1");
    const running = tap(mesh.world, recordingIo(), web, { ...plain, lasting: 60_000 });
    await until(() => proxy.calls.length === 1);
    await mesh.clock.advance(60_000);
    await running;
    await until(() => mesh.open().length === 0);
  });

  it("a reader that does not read costs so many lines and no memory, and it is said how many were lost", async () => {
    const paths = Array.from({ length: 3000 }, (_, index) => `/${index}`);
    await mesh.addPod("web-1", {
      on: (call) => {
        telling(...paths)(call);
        call.end();
      },
    });
    const ending = new AbortController();
    const slow = Promise.withResolvers<void>();
    let isSlow = true;
    const io = recordingIo({ signal: ending.signal, taken: () => (isSlow ? slow.promise : undefined) });
    const running = tap(mesh.world, io, { ...web, mostPerSecond: 3000 }, plain);
    // All of it was read, while one line was written.
    await until(() => mesh.clock.waits().includes(1000));
    expect(io.written.stdout.split("\n")).to.have.length(2);
    isSlow = false;
    slow.resolve();
    await until(() => io.written.stderr !== "");
    ending.abort();
    await running;
    const written = io.written.stdout.split("\n").length - 1;
    expect(io.written.stdout.length).to.be.below(mostWaiting + 200);
    expect(io.written.stderr).to.equal(
      `weft: ${3 * paths.length - written} events were lost: they come faster than they are read\n`,
    );
  });

  it("a refusal is a failure of the command, in its words", async () => {
    const failed = await tap(mesh.world, recordingIo(), web, plain).catch((error: unknown) => error);
    expect(failed).to.be.instanceOf(CommandFailure);
    expect(failed).to.deep.include({
      lines: ["there is no running meshed pod of deploy/web in namespace shop"],
      exitCode: 1,
    });
  });

  it("no text of a caller's reaches a terminal as more than text", async () => {
    const texts = fc.sample(fc.string({ unit: "binary", maxLength: 30 }), runs(200).numRuns ?? 200);
    await mesh.addPod("web-1", { on: telling(...texts.map((text) => text.toWellFormed())) });
    const { stdout } = await tapped({ format: "wide" }, lines(3 * texts.length));
    expect(stdout.split("\n")).to.have.length(3 * texts.length + 1);
    expect(stdout).to.not.match(/[^\P{Cc}\n]|[\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/u);
  });
});
