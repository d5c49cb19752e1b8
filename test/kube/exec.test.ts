import { once } from "node:events";
import { text } from "node:stream/consumers";
import { expect } from "chai";
import { ExecRefused, executor } from "../../src/kube/exec.ts";
import type { ExecInPod, Running } from "../../src/kube/exec.ts";
import { execs } from "../support/exec.ts";
import type { Answer, Execs } from "../support/exec.ts";
import { listening } from "../support/listening.ts";
import { until } from "../support/until.ts";

const pod = { namespace: "shop", name: "web-0" };
const never = new AbortController().signal;

interface Cluster {
  readonly exec: ExecInPod;
  readonly there: Execs;
  readonly cut: () => void;
}

describe("exec", () => {
  const stops: (() => unknown)[] = [];
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
  });

  async function cluster(answer?: () => Answer, protocol?: string): Promise<Cluster> {
    const server = await listening((_, response) => void response.end());
    stops.push(server.close);
    const there = execs(server.server, ({ command }) => answer?.() ?? { command }, protocol);
    stops.push(there.cut);
    let renewals = 0;
    const exec = executor({
      server: server.url,
      credentials: () => Promise.resolve({ headers: { authorization: `Bearer ${renewals}` }, tls: { ca: server.ca } }),
      renew: () => (renewals += 1),
    });
    return { exec, there, cut: there.cut };
  }

  const sh = (script: string): readonly string[] => ["sh", "-c", script];
  const run = (exec: ExecInPod, script: string, signal = never, tty = false): Promise<Running> =>
    exec(pod, { container: "weft-debug-x7k2p", command: sh(script), tty }, signal);

  async function all({ stdout, stderr, ended }: Running): Promise<readonly unknown[]> {
    return Promise.all([text(stdout), text(stderr), ended]);
  }

  it("asks for the program by its words, in the container", async () => {
    const { exec, there } = await cluster();
    await all(await run(exec, "echo 'a  b' & wait"));
    expect(there.asked).to.deep.equal([
      { namespace: "shop", pod: "web-0", container: "weft-debug-x7k2p", command: sh("echo 'a  b' & wait"), tty: false },
    ]);
  });

  const rows: readonly (readonly [claim: string, script: string, expected: readonly unknown[]])[] = [
    ["has both outputs, each by itself", "echo out; echo err >&2", ["out\n", "err\n", { kind: "exited", code: 0 }]],
    ["has the exit code", "exit 7", ["", "", { kind: "exited", code: 7 }]],
  ];
  for (const [claim, script, expected] of rows) {
    it(claim, async () => {
      const { exec } = await cluster();
      expect(await all(await run(exec, script))).to.deep.equal(expected);
    });
  }

  it("tells the end of standard input", async () => {
    const { exec } = await cluster();
    const running = await run(exec, "cat; echo end");
    running.stdin.end("some text\n");
    expect(await all(running)).to.deep.equal(["some text\nend\n", "", { kind: "exited", code: 0 }]);
  });

  it("speaks the older protocol, too, which has no end of standard input", async () => {
    const { exec } = await cluster(undefined, "v4.channel.k8s.io");
    const running = await run(exec, "read -r line; echo $line");
    running.stdin.end("some text\n");
    expect(await all(running)).to.deep.equal(["some text\n", "", { kind: "exited", code: 0 }]);
  });

  it("tells the size of the terminal", async () => {
    const { exec, there } = await cluster();
    const running = await run(exec, "read -r line", never, true);
    running.resize(80, 24);
    running.resize(120, 40);
    running.stdin.end("\n");
    await all(running);
    expect(there.sizes).to.deep.equal(['{"Width":80,"Height":24}', '{"Width":120,"Height":40}']);
  });

  it("takes no more than is read of it", async () => {
    const { exec } = await cluster();
    const running = await run(exec, "yes | head -c 64000000; echo done >&2");
    // The program is held up: it says that it is done only when all was taken.
    let isDone = false;
    running.stderr.on("data", () => (isDone = true));
    await once(running.stdout, "readable");
    for (let turn = 0; turn < 200; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(isDone).to.equal(false);
    let bytes = 0;
    for await (const chunk of running.stdout as AsyncIterable<Buffer>) bytes += chunk.length;
    expect(bytes).to.equal(64_000_000);
    expect(await running.ended).to.deep.equal({ kind: "exited", code: 0 });
  });

  describe("a failure", () => {
    it("of the API server is told in its words, and tried again after a 401 alone", async () => {
      const { exec, there } = await cluster(() => ({ status: 403, message: 'pods "web-0" is forbidden' }));
      const error = await run(exec, "true").catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(ExecRefused).and.to.include({ status: 403, message: 'pods "web-0" is forbidden' });
      expect(there.asked).to.have.length(1);
      expect(there.open()).to.equal(0);
    });

    it("of the credentials is tried once more", async () => {
      let answers = 0;
      const { exec } = await cluster(() =>
        (answers += 1) === 1 ? { status: 401, message: "Unauthorized" } : { command: ["echo", "in"] },
      );
      expect(await all(await run(exec, ""))).to.deep.equal(["in\n", "", { kind: "exited", code: 0 }]);
    });

    const words = 'OCI runtime exec failed: exec: "tshark": executable file not found in $PATH';
    const ends: readonly (readonly [claim: string, end: object, words: string])[] = [
      ["of the runtime", { status: "Failure", message: words, reason: "InternalError" }, words],
      ["that has no words", {}, "{}"],
    ];
    for (const [claim, end, expected] of ends) {
      it(`${claim} is the end`, async () => {
        const { exec } = await cluster(() => ({ end }));
        expect(await all(await run(exec, ""))).to.deep.equal(["", "", { kind: "failed", words: expected }]);
      });
    }

    it("of the connection is the end, after what was said", async () => {
      const { exec, there, cut } = await cluster();
      const running = await run(exec, "echo first; cat");
      expect(String((await once(running.stdout, "data"))[0])).to.equal("first\n");
      cut();
      expect(await all(running)).to.deep.equal(["", "", { kind: "failed", words: "the connection was closed" }]);
      await until(() => there.running() === 0);
    });

    it("is the caller's own where he ends it, and leaves nothing open", async () => {
      const { exec, there } = await cluster();
      const stop = new AbortController();
      const running = await run(exec, "cat", stop.signal);
      stop.abort(new Error("asked to stop"));
      expect(await all(running)).to.deep.equal(["", "", { kind: "failed", words: "asked to stop" }]);
      await until(() => there.open() === 0 && there.running() === 0);
    });
  });
});
