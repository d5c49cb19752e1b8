import { once } from "node:events";
import { request } from "node:http";
import type { IncomingMessage } from "node:http";
import { expect } from "chai";
import { tapsAtOnce } from "../../src/web/server.ts";
import type { Dashboard } from "../../src/web/server.ts";
import { dashboard, mapRound, requestLines } from "../support/dashboard.ts";
import { shop } from "../support/maps.ts";

interface Ask {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** With the cookie, unless other headers are given. */
async function answerOf(
  { port, address }: Dashboard,
  { path = "/", method = "GET", headers }: Ask,
): Promise<IncomingMessage> {
  const cookie = `weft-${port}=${new URL(address).searchParams.get("key") ?? ""}`;
  const asked = request({ host: "127.0.0.1", port, path, method, headers: headers ?? { cookie }, agent: false });
  asked.end();
  const [answer] = (await once(asked, "response")) as [IncomingMessage];
  return answer;
}

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = "";
  for await (const piece of answer) text += String(piece);
  return text;
}

/** The first events of a stream, without comments. */
async function eventsOf(answer: IncomingMessage, count: number): Promise<readonly { event: string; data: unknown }[]> {
  let text = "";
  const events = (): readonly RegExpExecArray[] => [...text.matchAll(/^event: (.*)\ndata: (.*)\n\n/gm)];
  for await (const piece of answer) {
    text += String(piece);
    if (events().length >= count) break;
  }
  return events().map(([, event = "", data = ""]) => ({ event, data: JSON.parse(data) as unknown }));
}

describe("dashboard server", () => {
  const open: Dashboard[] = [];
  const opened = async (...args: Parameters<typeof dashboard>): Promise<Dashboard> => {
    const served = await dashboard(...args);
    open.push(served);
    return served;
  };
  afterEach(async () => {
    for (const each of open.splice(0)) await each.close();
  });

  it("the key opens the door once, the cookie the page", async () => {
    const served = await opened({});
    const { pathname, search, hostname } = new URL(served.address);
    expect(hostname).to.equal("127.0.0.1");
    expect(search).to.match(/^\?key=[\w-]{32}$/);
    const door = await answerOf(served, { path: pathname + search, headers: {} });
    expect([door.statusCode, door.headers.location]).to.deep.equal([303, "/"]);
    const [cookie = ""] = String(door.headers["set-cookie"]).split(";");
    const page = await answerOf(served, { headers: { cookie } });
    expect([page.statusCode, page.headers["content-type"]]).to.deep.equal([200, "text/html; charset=utf-8"]);
    expect(await textOf(page)).to.contain("/page/main.js");
  });

  it("what a browser is opened with is good once, and the other key still", async () => {
    const served = await opened({});
    const { pathname, search } = new URL(served.opening);
    const statusOf = async (path: string): Promise<number | undefined> =>
      (await answerOf(served, { path, headers: {} })).statusCode;
    expect(served.opening).not.to.equal(served.address);
    expect(await statusOf("/?key=")).to.equal(401);
    expect(await statusOf(pathname + search)).to.equal(303);
    expect(await statusOf(pathname + search)).to.equal(401);
    expect(await statusOf(`/${new URL(served.address).search}`)).to.equal(303);
    expect(await statusOf(`/${new URL(served.address).search}`)).to.equal(303);
  });

  it("every answer has every guard", async () => {
    const served = await opened({});
    const asked: readonly Ask[] = [
      {},
      { path: "/page/main.js" },
      { path: "/events" },
      { path: "/nothing" },
      { headers: {} },
      { headers: { host: "evil.example" } },
      { method: "POST" },
    ];
    const statuses = [];
    for (const ask of asked) {
      const { statusCode, headers, socket } = await answerOf(served, ask);
      statuses.push(statusCode);
      expect(headers["content-security-policy"]).to.match(/^default-src 'none'; script-src 'self';/);
      expect(headers).to.include({
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "cache-control": "no-store",
      });
      socket.destroy();
    }
    expect(statuses).to.deep.equal([200, 200, 200, 404, 401, 421, 405]);
  });

  const unserved = [
    "/page/../server.ts",
    "/page/%2e%2e/server.ts",
    "//etc/passwd",
    "/page/",
    "/page/tsconfig.json",
    "/page/main.ts",
    "/lib/lit-html/package.json",
    "/__proto__",
  ];
  for (const path of unserved)
    it(`no file but those of the list: ${path}`, async () => {
      const answer = await answerOf(await opened({}), { path });
      expect(answer.statusCode).to.equal(404);
    });

  it("a stream of rounds: what is looked at, then each map", async () => {
    const served = await opened({ namespace: "shop", rounds: [mapRound(shop(0))] });
    const answer = await answerOf(served, { path: "/events" });
    expect(answer.headers["content-type"]).to.equal("text/event-stream; charset=utf-8");
    expect(await eventsOf(answer, 2)).to.deep.equal([
      { event: "scope", data: { namespace: "shop" } },
      { event: "map", data: shop(0) },
    ]);
  });

  it("a tap: its lines, and why it ended", async () => {
    const asked: unknown[] = [];
    const lines = requestLines(0, "/a\n<b>");
    const served = await opened({ lines, end: "the pod is gone", asked: (query) => asked.push(query) });
    const answer = await answerOf(served, { path: "/tap?resource=deployment/web&namespace=shop&path=/a" });
    expect(await eventsOf(answer, 9)).to.deep.equal([
      ...lines.map((data) => ({ event: "line", data })),
      { event: "end", data: { text: "the pod is gone" } },
    ]);
    expect(asked).to.deep.equal([{ resource: "deployment/web", namespace: "shop", path: "/a", method: undefined }]);
  });

  it("a tap of nothing is refused before anything is asked", async () => {
    const asked: unknown[] = [];
    const served = await opened({ asked: (query) => asked.push(query) });
    const answer = await answerOf(served, { path: "/tap?resource=x" });
    expect([answer.statusCode, await textOf(answer)]).to.deep.equal([
      400,
      'resource: "x" is none, expected one such as deployment/web\n',
    ]);
    expect(asked).to.deep.equal([]);
  });

  it("so many taps at once, and a place again when one is closed", async () => {
    const begun: unknown[] = [];
    const served = await opened({ asked: () => begun.push(0) });
    const path = "/tap?resource=deployment/web&namespace=shop";
    const taps = await Promise.all(Array.from({ length: tapsAtOnce }, () => answerOf(served, { path })));
    const refused = await answerOf(served, { path });
    expect(await eventsOf(refused, 1)).to.deep.equal([
      { event: "end", data: { text: `${tapsAtOnce} taps are open already: close one first` } },
    ]);
    taps[0]?.destroy();
    while (begun.length === tapsAtOnce) (await answerOf(served, { path })).destroy();
    expect(begun.length).to.be.greaterThan(tapsAtOnce);
  });

  it("a port that is taken: the next", async () => {
    const first = await opened({});
    const second = await opened({ port: first.port });
    expect(second.port).to.be.greaterThan(first.port);
    expect((await answerOf(second, {})).statusCode).to.equal(200);
  });

  it("what a stream throws is told, and the page's stream ends with it", async () => {
    const served = await opened({ broken: new Error("a bug") });
    await answerOf(served, { path: "/events" });
    expect(String(await served.failed.catch((error: unknown) => error))).to.equal("Error: a bug");
  });

  it("closing ends every stream", async () => {
    const served = await opened({});
    const answer = await answerOf(served, { path: "/events" });
    answer.on("error", () => undefined);
    const ended = new Promise((resolve) => answer.once("close", resolve));
    await served.close();
    await ended;
  });
});
