/**
 * `weft debug` against an API server in memory, whose `exec` runs programs of this machine: what the container's tcpdump
 * and tshark would be are two scripts.
 */
import { chmodSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { once } from "node:events";
import { PassThrough } from "node:stream";
import { expect } from "chai";
import { debug } from "../../../src/cli/debug/debug.ts";
import type { DebugAsked, Doing } from "../../../src/cli/debug/debug.ts";
import { CommandFailure } from "../../../src/cli/io.ts";
import type { Streams, RawTerminal } from "../../../src/cli/io.ts";
import { run } from "../../../src/cli/program.ts";
import { reachOf } from "../../../src/cli/check/reach.ts";
import { progressOn } from "../../../src/cli/check/progress.ts";
import { isObject } from "../../../src/core/base/json/json.ts";
import type { Json, JsonObject } from "../../../src/core/base/json/json.ts";
import { objectsAt, textAt } from "../../../src/core/base/json/read.ts";
import { wireFields } from "../../../src/core/debug/wire.ts";
import { executor } from "../../../src/kube/exec.ts";
import type { ApiAnswer, ApiCall } from "../../../src/kube/api.ts";
import { fakeApi } from "../../support/api-server.ts";
import type { FakeApi } from "../../support/api-server.ts";
import { execs } from "../../support/exec.ts";
import type { Answer, ExecAsked, Execs } from "../../support/exec.ts";
import { newFolder } from "../../support/folder.ts";
import type { Folder } from "../../support/folder.ts";
import { listening } from "../../support/listening.ts";
import { recordingIo } from "../../support/recording-io.ts";
import { until } from "../../support/until.ts";

const path = "/api/v1/namespaces/shop/pods/web-0";
const startedAt = "2026-01-01T11:50:00Z";
const now = "Thu, 01 Jan 2026 12:00:00 GMT";

const pod = (changes: JsonObject = {}): JsonObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web-0", namespace: "shop" },
  spec: { containers: [{ name: "web", ports: [{ containerPort: 8080 }] }] },
  status: { phase: "Running", podIP: "10.99.0.3" },
  ...changes,
});

/** Runs already. */
const withContainer = (name = "weft-debug-aaaaa", state: Json = { running: { startedAt } }): JsonObject =>
  pod({
    spec: { containers: [{ name: "web" }], ephemeralContainers: [{ name, image: "weft-debug:1" }] },
    status: { phase: "Running", podIP: "10.99.0.3", ephemeralContainerStatuses: [{ name, state }] },
  });

interface World {
  readonly api: FakeApi;
  readonly there: Execs;
  readonly stop: () => void;
  readonly io: ReturnType<typeof recordingIo>;
  readonly run: (doing: Doing, changes?: Partial<DebugAsked>) => Promise<readonly string[] | number>;
}

interface Given {
  readonly object?: JsonObject;
  readonly streams?: Streams;
  /** What the kubelet makes of a new container, at each look. */
  readonly state?: (look: number) => Json;
  /** How the API server answers for itself. */
  readonly answer?: (call: ApiCall) => ApiAnswer | undefined;
  readonly exec?: (asked: ExecAsked) => Answer | undefined;
}

describe("weft debug", () => {
  let bin: Folder;
  before(async () => {
    bin = await newFolder();
    const end = 'echo "12 packets captured" >&2; echo "0 packets dropped by kernel" >&2; exit 0';
    await bin.write(
      "tcpdump",
      `#!/bin/sh\necho "tcpdump: listening on eth0" >&2\nprintf pcap\ntrap '${end}' INT TERM\nwhile :; do sleep 10 >/dev/null 2>&1 & wait $!; done\n`,
    );
    const packet = (fields: Partial<Record<(typeof wireFields)[number], string>>): string =>
      wireFields.map((field) => fields[field] ?? "").join("\t");
    const ends = { "tcp.stream": "0", "ip.src": "10.99.0.2", "ip.dst": "10.99.0.3", "tcp.srcport": "40000" };
    await bin.write(
      "lines",
      [
        packet({
          ...ends,
          "tcp.dstport": "4143",
          "tcp.len": "105",
          "tls.record.content_type": "23",
          "tls.record.length": "100",
        }),
        packet({ ...ends, "tcp.stream": "1", "tcp.dstport": "8080", "tcp.len": "70" }),
      ].join("\n"),
    );
    await bin.write("tshark", `#!/bin/sh\ncat ${bin.at("lines")}; echo\ncat >/dev/null\n`);
    for (const program of ["tcpdump", "tshark"]) chmodSync(bin.at(program), 0o755);
  });
  after(() => bin.destroy());

  const stops: (() => unknown)[] = [];
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
  });

  async function world({ object = pod(), streams, state, answer, exec }: Given = {}): Promise<World> {
    const server = await listening((_, response) => void response.end());
    stops.push(server.close);
    const there = execs(server.server, (asked) => exec?.(asked) ?? inContainer(asked.command));
    stops.push(there.cut);
    const api = fakeApi(object);
    let looks = 0;
    api.answerWith((call) => {
      const own = answer?.(call);
      if (own !== undefined) return own;
      if (call.path.endsWith("selfsubjectaccessreviews")) return { status: 201, body: { status: { allowed: true } } };
      if (call.method === "PATCH") return patched(api, call);
      if (call.method !== "GET" || call.path !== path) return undefined;
      const stored = api.stored(path);
      if (stored === undefined) return undefined;
      const added = objectsAt(stored, "spec", "ephemeralContainers").map((each) => textAt(each, "name"));
      const statuses = { ephemeralContainerStatuses: added.map((name) => ({ name, state: state?.(looks) ?? null })) };
      if (state !== undefined) looks += 1;
      const status = isObject(stored["status"]) ? stored["status"] : {};
      return {
        status: 200,
        date: now,
        body: { ...stored, status: state === undefined ? status : { ...status, ...statuses } },
      };
    });
    const interrupt = new AbortController();
    const io = recordingIo({ signal: interrupt.signal, streams });
    let time = 0;
    const suffixes = ["x7k2p", "other"];
    const at = {
      ask: api.ask,
      exec: executor({
        server: server.url,
        credentials: () => Promise.resolve({ headers: {}, tls: { ca: server.ca } }),
        renew: () => undefined,
      }),
      reach: reachOf({ api, clock: () => new Date(now) }),
      io,
      progress: progressOn(io),
      now: () => time,
      wait: async (milliseconds: number, signal: AbortSignal) => {
        // What is waited for in earnest is the end of a program.
        if (milliseconds === 3000)
          return new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
        time += milliseconds;
      },
      suffix: () => suffixes.shift() ?? expect.fail("one name is enough"),
      image: () => Promise.resolve({ image: "weft-debug:1", pullPolicy: "IfNotPresent" }),
    };
    return {
      api,
      there,
      stop: () => interrupt.abort(),
      io,
      run: (doing, changes) =>
        debug(at, { pod: "web-0", namespace: "shop", doing, image: undefined, netRaw: false, ...changes }).then(
          () => 0,
          (error: unknown) => {
            if (!(error instanceof CommandFailure)) throw error;
            return error.lines.length === 0 ? error.exitCode : error.lines;
          },
        ),
    };
  }

  const inContainer = (command: readonly string[]): Answer => ({
    command: ["env", `PATH=${bin.path}:${process.env["PATH"] ?? ""}`, ...command],
  });

  function patched(api: FakeApi, { path: to, body = null }: ApiCall): ApiAnswer {
    const stored = api.stored(path) ?? {};
    expect(to).to.equal(`${path}/ephemeralcontainers`);
    const spec = isObject(stored["spec"]) ? stored["spec"] : {};
    const all = [
      ...objectsAt(stored, "spec", "ephemeralContainers"),
      ...objectsAt(body, "spec", "ephemeralContainers"),
    ];
    return { status: 200, body: api.put({ ...stored, spec: { ...spec, ephemeralContainers: all } }) };
  }

  const patches = ({ api }: World): readonly ApiCall[] => api.calls.filter(({ method }) => method === "PATCH");

  const isQuiet = ({ there }: World): boolean => there.open() === 0 && there.running() === 0;

  const wire: Doing = { kind: "wire", seconds: 1, format: "table" };
  const table = [
    "PEER        PORT   BYTES   TLS    SECURED",
    "10.99.0.2   4143   0.1kB   100%   √",
    "10.99.0.2   8080   0.1kB   0%     plaintext",
    "",
  ].join("\n");

  describe("the container", () => {
    it("is added, waited for and told of", async () => {
      const state = (look: number): Json =>
        look < 3 ? { waiting: { reason: "ContainerCreating" } } : { running: { startedAt } };
      const made = await world({ state });
      expect(await made.run(wire)).to.equal(0);
      expect(made.there.asked.map(({ container }) => container)).to.deep.equal(["weft-debug-x7k2p"]);
      const [{ contentType, query, body } = {} as ApiCall] = patches(made);
      expect([contentType, query]).to.deep.equal([
        "application/strategic-merge-patch+json",
        { fieldManager: "weft-debug" },
      ]);
      const [container] = objectsAt(body, "spec", "ephemeralContainers");
      expect(container).to.deep.include({
        name: "weft-debug-x7k2p",
        image: "weft-debug:1",
        imagePullPolicy: "IfNotPresent",
      });
      expect(made.io.written.stderr).to.equal(
        "weft: container weft-debug-x7k2p (weft-debug:1) was added to shop/web-0; it ends by itself in an hour\n" +
          "weft: reads what goes over eth0 of shop/web-0 for 1s\n",
      );
    });

    it("that runs is used again", async () => {
      const made = await world({ object: withContainer() });
      expect(await made.run(wire)).to.equal(0);
      expect(patches(made)).to.deep.equal([]);
      expect(made.there.asked.map(({ container }) => container)).to.deep.equal(["weft-debug-aaaaa"]);
    });

    it("of the image that the user names", async () => {
      const made = await world({ object: withContainer(), state: () => ({ running: { startedAt } }) });
      expect(await made.run(wire, { image: "mine:2" })).to.equal(0);
      expect(patches(made).flatMap(({ body }) => objectsAt(body, "spec", "ephemeralContainers"))[0]).to.include({
        image: "mine:2",
      });
    });

    it("does not start: why", async () => {
      const made = await world({ state: () => ({ waiting: { reason: "ErrImagePull", message: "not found" } }) });
      expect(await made.run(wire)).to.deep.equal(["container weft-debug-x7k2p does not run: ErrImagePull: not found"]);
    });

    it("has not started after 30 s: nothing more is added the next time", async () => {
      const made = await world({ state: () => ({ waiting: { reason: "ContainerCreating" } }) });
      expect(await made.run(wire)).to.deep.equal([
        "container weft-debug-x7k2p does not run after 30s: ContainerCreating",
        "its image may still be on its way: the same command waits for the same container",
      ]);
      expect(await made.run(wire)).to.have.length(2);
      expect(patches(made)).to.have.length(1);
    });

    it("is not waited for any longer when the user stops", async () => {
      const made = await world({ state: () => ({ waiting: { reason: "ContainerCreating" } }) });
      made.stop();
      expect(await made.run(wire)).to.deep.equal(["stopped; container weft-debug-x7k2p ends by itself in an hour"]);
    });

    it("is refused by Pod Security: nothing was left behind", async () => {
      const words = 'pods "web-0" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true';
      const made = await world({
        answer: ({ method }) => (method === "PATCH" ? { status: 403, body: { message: words } } : undefined),
      });
      expect(await made.run(wire)).to.deep.equal([
        `shop/web-0 gets no debug container: ${words}`,
        "nothing was added to the pod",
        "whatever can capture packets is refused there: it has to be root, or to have NET_RAW",
        "without a container: weft edges -n shop and weft tap pod/web-0 -n shop; or capture on the pod's node",
      ]);
      expect(made.api.stored(path)?.["spec"]).to.deep.equal(pod()["spec"]);
      expect(made.there.asked).to.deep.equal([]);
    });

    it("is not added where nothing may be run in it", async () => {
      const made = await world({
        answer: ({ path: asked }) =>
          asked.endsWith("selfsubjectaccessreviews")
            ? { status: 201, body: { status: { allowed: false } } }
            : undefined,
      });
      expect(await made.run(wire)).to.deep.equal([
        "shop/web-0 cannot be looked into: you may not run programs in its containers",
        "it needs get and create on pods/exec in namespace shop; ClusterRole weft-debug has all that weft debug needs",
      ]);
      expect(patches(made)).to.deep.equal([]);
    });

    const not: readonly (readonly [claim: string, object: JsonObject, line: string])[] = [
      ["there", pod({ metadata: { name: "other", namespace: "shop" } }), "there is no pod web-0 in namespace shop"],
      [
        "running",
        pod({ status: { phase: "Pending" } }),
        "nothing can be looked at in shop/web-0: it is Pending, not Running",
      ],
    ];
    for (const [claim, object, line] of not) {
      it(`of a pod that is not ${claim}`, async () => {
        expect(await (await world({ object })).run(wire)).to.deep.equal([line]);
      });
    }
  });

  describe("--wire", () => {
    it("is a table, and leaves nothing running", async () => {
      const made = await world({ object: withContainer() });
      expect(await made.run(wire)).to.equal(0);
      expect(made.io.written.stdout).to.equal(table);
      await until(() => isQuiet(made));
    });

    it("is JSON", async () => {
      const made = await world({ object: withContainer() });
      expect(await made.run({ ...wire, format: "json" })).to.equal(0);
      const rows = JSON.parse(made.io.written.stdout) as readonly JsonObject[];
      expect(rows.map(({ peer, port, secured }) => [peer, port, secured])).to.deep.equal([
        ["10.99.0.2", 4143, "mesh"],
        ["10.99.0.2", 8080, "plaintext"],
      ]);
    });

    it("shows what was seen when the user stops, and leaves nothing running", async () => {
      const made = await world({ object: withContainer() });
      const done = made.run({ ...wire, seconds: 600 });
      await until(() => made.there.running() === 1);
      await until(() => made.io.written.stderr.includes("reads"));
      made.stop();
      expect(await done).to.equal(0);
      await until(() => isQuiet(made));
    });

    it("says when there was nothing", async () => {
      const silent = 'echo "0 packets captured" >&2';
      const made = await world({ object: withContainer(), exec: () => ({ command: ["sh", "-c", silent] }) });
      expect(await made.run(wire)).to.equal(0);
      expect(made.io.written).to.deep.include({ stdout: "" });
      expect(made.io.written.stderr).to.include("weft: no TCP came over eth0 in that time\n");
    });

    it("says what came too fast", async () => {
      const fast = 'echo "9 packets captured" >&2; echo "4 packets dropped by kernel" >&2';
      const made = await world({ object: withContainer(), exec: () => ({ command: ["sh", "-c", fast] }) });
      await made.run(wire);
      expect(made.io.written.stderr).to.include(
        "weft: 4 packets came faster than they could be read: they are not in the table\n",
      );
    });

    it("may not capture: what would help", async () => {
      const words = "tcpdump: eth0: You don't have permission to perform this capture on that device";
      const made = await world({
        object: withContainer(),
        exec: () => ({ command: ["sh", "-c", `echo "${words}" >&2; exit 1`] }),
      });
      expect(await made.run(wire)).to.deep.equal([
        `container weft-debug-aaaaa captured nothing: ${words}`,
        "it is not root, or its runtime gives no NET_RAW; --net-raw asks for it, where Pod Security admits that",
      ]);
    });

    it("is refused by the API server: its words", async () => {
      const made = await world({
        object: withContainer(),
        exec: () => ({ status: 403, message: 'pods "web-0" is forbidden' }),
      });
      expect(await made.run(wire)).to.deep.equal([
        'shop/web-0 cannot be looked into: pods "web-0" is forbidden',
        "it needs get and create on pods/exec in namespace shop; ClusterRole weft-debug has all that weft debug needs",
      ]);
    });

    it("of a pod with its node's network is of the node", async () => {
      const object = { ...withContainer(), spec: { hostNetwork: true, ...(withContainer()["spec"] as JsonObject) } };
      const made = await world({ object });
      await made.run(wire);
      expect(made.io.written.stderr).to.include("weft: shop/web-0 has the network of its node");
    });
  });

  describe("--pcap", () => {
    it("writes a file for so long", async () => {
      const made = await world({ object: withContainer() });
      const file = bin.at("one.pcap");
      expect(await made.run({ kind: "capture", file, seconds: 1 })).to.equal(0);
      expect(await readFile(file, "utf8")).to.equal("pcap");
      expect(made.io.written.stderr).to.equal(`weft: packets of shop/web-0 go to ${file} for 1s\nweft: 12 packets\n`);
      await until(() => isQuiet(made));
    });

    it("writes until the user stops, and leaves nothing running", async () => {
      const made = await world({ object: withContainer() });
      const file = bin.at("two.pcap");
      const done = made.run({ kind: "capture", file, seconds: 0 });
      await until(() => made.io.written.stderr.includes("until Ctrl-C") && made.there.running() === 1);
      await until(async () => (await readFile(file, "utf8").catch(() => "")) === "pcap");
      made.stop();
      expect(await done).to.equal(0);
      expect(await readFile(file, "utf8")).to.equal("pcap");
      await until(() => isQuiet(made));
    });

    it("writes to standard output, unless that is a terminal", async () => {
      const streams = lent();
      const made = await world({ object: withContainer(), streams });
      expect(await made.run({ kind: "capture", file: "-", seconds: 1 })).to.equal(0);
      expect(String(streams.stdout.read())).to.equal("pcap");
      const shown = await world({ object: withContainer(), streams: lent(terminal().terminal) });
      expect(await shown.run({ kind: "capture", file: "-", seconds: 1 })).to.deep.equal([
        "--pcap -: standard output is a terminal, where packets are of no use",
      ]);
    });

    it("cannot write the file: nothing is left running", async () => {
      const made = await world({ object: withContainer() });
      const file = bin.at("no/such/folder.pcap");
      const [line = ""] = (await made.run({ kind: "capture", file, seconds: 600 })) as readonly string[];
      expect(line).to.include(`${file}: ENOENT`);
      await until(() => isQuiet(made));
    });
  });

  interface Lent extends Streams {
    readonly stdin: PassThrough;
    readonly stdout: PassThrough;
    readonly stderr: PassThrough;
  }
  const lent = (shown?: RawTerminal): Lent => ({
    stdin: new PassThrough(),
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    terminal: shown,
  });

  function terminal(): { readonly terminal: RawTerminal; readonly log: string[]; readonly resize: () => void } {
    const log: string[] = [];
    let listener = (): void => undefined;
    let columns = 80;
    return {
      log,
      resize: () => {
        columns += 1;
        listener();
      },
      terminal: {
        size: () => ({ columns, rows: 24 }),
        onResize: (given) => {
          listener = given;
          return () => void log.push("deaf");
        },
        raw: () => {
          log.push("raw");
          return () => void log.push("set back");
        },
      },
    };
  }

  describe("a shell", () => {
    it("passes what is typed and what is said, and its exit code", async () => {
      const streams = lent();
      const made = await world({ object: withContainer(), streams });
      streams.stdin.end("echo out; echo err >&2; exit 7\n");
      expect(await made.run({ kind: "shell", command: ["sh"] })).to.equal(7);
      expect([String(streams.stdout.read()), String(streams.stderr.read())]).to.deep.equal(["out\n", "err\n"]);
      expect(made.there.asked[0]).to.deep.include({ command: ["sh"], tty: false });
    });

    it("is some shell where nobody names a command", async () => {
      const streams = lent();
      const made = await world({ object: withContainer(), streams });
      streams.stdin.end("echo in a shell\n");
      expect(await made.run({ kind: "shell", command: [] })).to.equal(0);
      expect(String(streams.stdout.read())).to.equal("in a shell\n");
    });

    it("on a terminal has one there, of its size, and leaves it as it was", async () => {
      const { terminal: shown, log, resize } = terminal();
      const streams = lent(shown);
      const made = await world({ object: withContainer(), streams });
      const done = made.run({ kind: "shell", command: ["sh"] });
      await until(() => made.there.sizes.length === 1);
      resize();
      await until(() => made.there.sizes.length === 2);
      expect(log).to.deep.equal(["raw"]);
      streams.stdin.end("exit\n");
      expect(await done).to.equal(0);
      expect(made.there.asked[0]?.tty).to.equal(true);
      expect(made.there.sizes).to.deep.equal(['{"Width":80,"Height":24}', '{"Width":81,"Height":24}']);
      expect(log).to.deep.equal(["raw", "set back", "deaf"]);
    });

    const ends: readonly (readonly [claim: string, end: (made: World) => void, expected: unknown])[] = [
      ["whose connection breaks", ({ there }) => there.cut(), ["weft-debug-aaaaa: the connection was closed"]],
      ["that is stopped", ({ stop }) => stop(), 0],
    ];
    for (const [claim, end, expected] of ends) {
      it(`${claim} leaves the terminal as it was, and nothing open`, async () => {
        const { terminal: shown, log } = terminal();
        const streams = lent(shown);
        const made = await world({ object: withContainer(), streams });
        const done = made.run({ kind: "shell", command: ["cat"] });
        await until(() => made.there.sizes.length === 1);
        end(made);
        expect(await done).to.deep.equal(expected);
        expect(log).to.deep.equal(["raw", "set back", "deaf"]);
        expect(streams.stdin.destroyed).to.equal(true);
        await until(() => isQuiet(made));
      });
    }

    it("that nobody reads ends", async () => {
      const streams = lent();
      const made = await world({ object: withContainer(), streams });
      const done = made.run({ kind: "shell", command: ["yes"] });
      await once(streams.stdout, "readable");
      streams.stdout.on("error", () => undefined);
      streams.stdout.destroy(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
      expect(await done).to.deep.equal(["write EPIPE"]);
      await until(() => made.there.open() === 0);
    });
  });

  describe("arguments", () => {
    const rows: readonly (readonly [words: readonly string[], line: string])[] = [
      [["web/0"], '"web/0" is not the name of a pod'],
      [["web-0", "--wire", "--pcap", "x"], "--wire and --pcap: only one of them at a time"],
      [["web-0", "--wire", "--", "ls"], "--wire and a command: only one of them at a time"],
      [["web-0", "--for", "5s"], "--for is for --wire and --pcap"],
      [["web-0", "--wire", "--for", "2h"], '--for: "2h" is not a duration from 1s to 1h, such as 30s or 5m'],
      [["web-0", "--wire", "--for", "100ms"], '--for: "100ms" is not a duration from 1s to 1h, such as 30s or 5m'],
      [["web-0", "-o", "json"], "--output is for --wire"],
      [["web-0", "--wire", "-o", "yaml"], '--output: unsupported format "yaml", expected table or json'],
      [["web-0", "-n", "Shop"], '--namespace: "Shop" is not the name of a namespace'],
    ];
    for (const [words, line] of rows) {
      it(words.join(" "), async () => {
        const io = recordingIo();
        expect(await run(["debug", ...words], io)).to.equal(2);
        expect(io.written.stderr).to.equal(`weft: ${line}\n`);
      });
    }
  });
});
