import { expect } from "chai";
import { connect } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { serveAdmin } from "../../src/net/admin-server.ts";
import type { AdminServer, Check } from "../../src/net/admin-server.ts";

const good: Check = { name: "settings", look: () => ({ fails: false, says: "in use" }) };
const bad: Check = { name: "webhook", look: () => ({ fails: true, says: "draining" }) };

const rows: readonly [claim: string, checks: readonly Check[], request: string, status: number, text: string][] = [
  ["is alive", [bad], "GET /livez", 200, "pong\n"],
  ["is alive under Linkerd's path", [bad], "GET /ping", 200, "pong\n"],
  ["is ready", [good], "GET /readyz", 200, "ok\n"],
  ["is ready under Linkerd's path", [good], "GET /ready", 200, "ok\n"],
  ["is not ready, and says why", [good, bad], "GET /readyz", 503, "[-]webhook draining\nnot ready\n"],
  ["says each check", [good], "GET /readyz?verbose", 200, "[+]settings in use\nok\n"],
  ["says each check", [good, bad], "GET /ready?verbose=1", 503, "[+]settings in use\n[-]webhook draining\nnot ready\n"],
  ["answers HEAD without a body", [bad], "HEAD /readyz", 503, ""],
  ["has metrics", [], "GET /metrics", 200, "some 1\n"],
  ["has nothing else", [], "GET /", 404, "not found\n"],
  ["has nothing else", [], "GET /debug/pprof/", 404, "not found\n"],
  ["only reads", [], "POST /metrics", 405, "only GET and HEAD\n"],
];

describe("the admin listener", () => {
  let server: AdminServer | undefined;
  afterEach(() => server?.close());

  const start = (checks: readonly Check[], metrics: () => Promise<{ text: string; contentType: string }>) =>
    serveAdmin({ address: { host: "127.0.0.1", port: 0 }, checks: () => checks, metrics });

  for (const [claim, checks, request, status, text] of rows) {
    it(`${claim}: ${request}`, async () => {
      server = await start(checks, async () => ({ text: "some 1\n", contentType: "text/plain; version=0.0.4" }));
      const [method = "", path = ""] = request.split(" ");
      const answer = await fetch(`http://127.0.0.1:${server.address.port}${path}`, { method });
      expect([answer.status, await answer.text()]).to.deep.equal([status, text]);
      const type = path === "/metrics" && status === 200 ? "text/plain; version=0.0.4" : "text/plain; charset=utf-8";
      expect(answer.headers.get("content-type")).to.equal(type);
    });
  }
  it("makes the metrics once for all who ask meanwhile", async () => {
    const made = Promise.withResolvers<void>();
    let count = 0;
    server = await start([], async () => {
      count += 1;
      await made.promise;
      return { text: `${count}\n`, contentType: "text/plain" };
    });
    const url = `http://127.0.0.1:${server.address.port}/metrics`;
    const asked = [fetch(url), fetch(url)];
    while (server.connections.counts().open < 2) await turn();
    made.resolve();
    for (const answer of asked) expect(await (await answer).text()).to.match(/^[12]\n$/);
    expect(await (await fetch(url)).text()).to.equal(`${count}\n`);
    expect(count).to.be.at.most(3);
  });
  it("closes a connection on which a request comes before the last one has its answer", async () => {
    server = await start([], () => new Promise(() => undefined));
    const socket = connect(server.address.port, "127.0.0.1").on("error", () => undefined);
    socket.write("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n".repeat(3));
    await new Promise((resolve) => socket.resume().once("close", resolve));
  });
  it("has room for so many connections, and the oldest without a request gives way", async () => {
    const bounds = { open: 2, openOfOne: 2, reserved: 0, perSecond: 1000, waiting: 10 };
    const cut: string[] = [];
    const address = { host: "127.0.0.1", port: 0 };
    const metrics = () => Promise.reject(new Error("none"));
    server = await serveAdmin({ address, checks: () => [], metrics, bounds, onCut: (why) => cut.push(why) });
    const silent = [1, 2].map(() => connect(server?.address.port ?? 0, "127.0.0.1").on("error", () => undefined));
    while (server.connections.counts().open < 2) await turn();
    expect((await fetch(`http://127.0.0.1:${server.address.port}/livez`)).status).to.equal(200);
    expect(cut).to.deep.equal(["TOO_MANY_CONNECTIONS_OF_ONE"]);
    for (const socket of silent) socket.destroy();
  });
  it("knows whom it told something, and nobody whom it told nothing", async () => {
    server = await start([], async () => ({ text: "", contentType: "text/plain" }));
    const url = `http://127.0.0.1:${server.address.port}`;
    for (const [path, method] of [
      ["/", "GET"],
      ["/metrics", "POST"],
    ] as const) {
      await (await fetch(url + path, { method })).text();
      await turn();
      expect(server.connections.counts().known).to.equal(0);
    }
    await (await fetch(`${url}/livez`)).text();
    while (server.connections.counts().known === 0) await turn();
  });
  it("answers a kubelet that it has not met, however many connections others hold who asked before", async () => {
    const bounds = { open: 32, openOfOne: 16, reserved: 8, perSecond: 10_000, waiting: 100 };
    const address = { host: "127.0.0.1", port: 0 };
    const metrics = async () => ({ text: "", contentType: "text/plain" });
    server = await serveAdmin({ address, checks: () => [], metrics, bounds });
    const { port } = server.address;
    const held = Array.from({ length: 32 }, (_, each) => {
      const localAddress = `127.0.0.${2 + (each % 2)}`;
      const socket = connect({ port, host: "127.0.0.1", localAddress }).on("error", () => undefined);
      socket.write("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n");
      return new Promise<typeof socket>((resolve) => {
        for (const end of ["data", "close"]) socket.once(end, () => resolve(socket));
      });
    });
    const sockets = await Promise.all(held);
    for (let each = 0; each < 20; each += 1) {
      expect((await fetch(`http://127.0.0.1:${port}/livez`, { headers: { connection: "close" } })).status).to.equal(
        200,
      );
    }
    for (const socket of sockets) socket.destroy();
  });
  it("lives on when the metrics fail", async () => {
    server = await start([], async () => {
      throw new Error("no metrics");
    });
    const url = `http://127.0.0.1:${server.address.port}`;
    expect((await fetch(`${url}/metrics`)).status).to.equal(500);
    expect((await fetch(`${url}/livez`)).status).to.equal(200);
  });
});
