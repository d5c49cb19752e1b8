/** The program as a process, with outputs that cannot be written. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, openSync } from "node:fs";
import { request } from "node:https";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import type { JsonObject } from "../src/core/base/json/json.ts";
import { until } from "./support/until.ts";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const anchors = fileURLToPath(new URL("fixtures/anchors.crt", import.meta.url));
const cluster = fileURLToPath(new URL("../manifests/demo/cluster.yaml", import.meta.url));
const pod =
  "apiVersion: v1\nkind: Pod\nmetadata: {name: web, annotations: {linkerd.io/inject: enabled}}\nspec: {containers: [{name: a, image: b}]}\n";

type Output = "pipe" | number;
const started = (args: readonly string[], stdout: Output, stderr: Output): ChildProcess =>
  spawn(process.execPath, [main, ...args], { stdio: ["pipe", stdout, stderr] });

const ended = async (child: ChildProcess): Promise<number | string> => {
  const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
  return code ?? signal ?? "";
};

/** Two that nothing listens on now. */
async function freePorts(): Promise<readonly [number, number]> {
  const servers = [createServer(), createServer()].map((server) => server.listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const [a = 0, b = 0] = servers.map((server) => (server.address() as AddressInfo).port);
  for (const server of servers) server.close();
  return [a, b];
}

const page = async (port: number, path: string): Promise<string> =>
  (await fetch(`http://127.0.0.1:${port}${path}`)).text();

async function ready(port: number): Promise<void> {
  await until(async () => (await page(port, "/readyz").catch(() => "")) === "ok\n");
}

/** The status of a review whose log line is long. */
function reviewed(port: number): Promise<number | undefined> {
  const object: JsonObject = {
    metadata: { name: "x".repeat(400), namespace: "demo" },
    spec: { containers: [{ name: "a" }] },
  };
  const kind = { group: "", version: "v1", kind: "Pod" };
  const resource = { group: "", version: "v1", resource: "pods" };
  const review = {
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    request: { uid: "u", kind, resource, namespace: "demo", operation: "CREATE", object },
  };
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, path: "/", method: "POST", rejectUnauthorized: false };
    const asked = request(options, (response) => response.resume().on("end", () => resolve(response.statusCode)));
    asked.on("error", reject).setHeader("content-type", "application/json").end(JSON.stringify(review));
  });
}

describe("a log that cannot be written", () => {
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
  });

  // A log line of these reviews has some 500 characters, and a pipe holds 64 kB; what 4 MB of waiting lines lead to is
  // seen in test/observe/log-file.test.ts.
  const rows: readonly [
    claim: string,
    reviews: number,
    sink: () => Output,
    then: (child: ChildProcess) => unknown,
    loses: boolean,
  ][] = [
    ["on a full disk", 5, () => openSync("/dev/full", "w"), () => undefined, true],
    ["with a reader that is gone", 5, () => "pipe", ({ stderr }) => stderr?.destroy(), true],
    ["with a reader that does not read", 400, () => "pipe", () => undefined, false],
  ];
  for (const [claim, count, sink, then, loses] of rows) {
    it(`${claim}: the webhook answers, counts the lines that are lost, and ends when it is asked to`, async function () {
      if (!existsSync("/dev/full")) this.skip();
      const [port, admin] = await freePorts();
      const addresses = ["--address", `127.0.0.1:${port}`, "--admin-address", `127.0.0.1:${admin}`];
      const child = started(
        ["webhook", ...addresses, "--trust-anchors", anchors, "--objects", cluster, "--grace-period=0s"],
        "pipe",
        sink(),
      );
      children.push(child);
      const end = ended(child);
      await ready(admin);
      then(child);
      for (let index = 0; index < count; index += 1) expect(await reviewed(port)).to.equal(200);
      const lost = async (): Promise<number> => {
        expect(await reviewed(port)).to.equal(200);
        return Number(/^weft_log_lines_lost_total (\d+)/m.exec(await page(admin, "/metrics"))?.[1]);
      };
      // A write that failed is heard of when it failed, which may be after the answer.
      if (loses) await until(async () => (await lost()) > 0);
      child.kill("SIGTERM");
      expect(await end).to.equal(0);
    }).timeout(60_000);
  }
});

describe("standard output that cannot be written", () => {
  const rows: readonly [claim: string, args: readonly string[], full: boolean, code: number, says: RegExp][] = [
    ["a reader that has seen enough is no failure", ["uninject", "-"], false, 0, /^\npod "web" uninjected\n\n$/],
    ["nor a success, where the command fails", ["diff", "--exit-code", "-"], false, 1, /^$/],
    [
      "a full disk is a failure",
      ["uninject", "-"],
      true,
      1,
      /weft: standard output: not all could be written: the disk is full\n$/,
    ],
  ];
  for (const [claim, args, full, code, says] of rows) {
    it(claim, async function () {
      if (full && !existsSync("/dev/full")) this.skip();
      const child = started(args, full ? openSync("/dev/full", "w") : "pipe", "pipe");
      child.stdout?.destroy();
      child.stdin?.end(pod);
      const said = child.stderr === null ? "" : text(child.stderr);
      expect(await ended(child)).to.equal(code);
      expect(await said).to.match(says);
    });
  }

  it("standard error that cannot be written does not change what becomes of a command", async function () {
    if (!existsSync("/dev/full")) this.skip();
    for (const [args, code] of [
      [["uninject", "-"], 0],
      [["no-such-command"], 2],
    ] as const) {
      for (const sink of [openSync("/dev/full", "w"), "pipe" as const]) {
        const child = started(args, "pipe", sink);
        child.stderr?.destroy();
        child.stdin?.end(pod);
        child.stdout?.resume();
        expect(await ended(child)).to.equal(code);
      }
    }
  });
});
