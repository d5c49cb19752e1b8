import { expect } from "chai";
import { serveAdmin } from "../../src/webhook/admin-server.ts";
import type { AdminServer, Check } from "../../src/webhook/admin-server.ts";

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
  it("lives on when the metrics fail", async () => {
    server = await start([], async () => {
      throw new Error("no metrics");
    });
    const url = `http://127.0.0.1:${server.address.port}`;
    expect((await fetch(`${url}/metrics`)).status).to.equal(500);
    expect((await fetch(`${url}/livez`)).status).to.equal(200);
  });
});
