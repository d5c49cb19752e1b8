import { once } from "node:events";
import { createServer } from "node:http";
import type { RequestListener } from "node:http";
import { connect } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { expect } from "chai";
import { pageAt, pageLimits, pagesOver } from "../../src/kube/pod-pages.ts";
import { room } from "../../src/kube/room.ts";

const never = new AbortController().signal;

const failure = (asked: Promise<unknown>): Promise<string> =>
  asked.then(
    () => "no failure",
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );

describe("pages of a pod", () => {
  const stops: (() => unknown)[] = [];
  afterEach(() => {
    for (const stop of stops.splice(0)) stop();
  });
  const streamTo = async (handle: RequestListener): Promise<Socket> => {
    const server = createServer(handle);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1").on("error", () => undefined);
    stops.push(() => (server.close(), server.closeAllConnections(), socket.destroy()));
    return socket;
  };

  it("come one after the other on one connection, packed", async () => {
    const ports: (number | undefined)[] = [];
    const stream = await streamTo(({ url, headers, socket }, response) => {
      ports.push(socket.remotePort);
      expect(headers["accept-encoding"]).to.equal("gzip");
      response.setHeader("content-encoding", "gzip").end(gzipSync(`page ${url}`));
    });
    const get = pagesOver(stream);
    expect(await get("/metrics", never, { limits: pageLimits() })).to.equal("page /metrics");
    expect(await get("/env.json?A&B", never, { limits: pageLimits() })).to.equal("page /env.json?A&B");
    expect(new Set(ports).size).to.equal(1);
  });

  it("come on another connection where the server closes each", async () => {
    let asked = 0;
    const opened: Socket[] = [];
    const open = async (): Promise<Socket> => {
      const stream = await streamTo((_, response) => {
        asked += 1;
        response.setHeader("connection", "close").end(`page ${asked}`);
      });
      opened.push(stream);
      return stream;
    };
    const how = { limits: pageLimits(), within: 60_000 };
    expect(await pageAt(open, { path: "/metrics", times: 2 }, how, never)).to.equal("page 2");
    expect(opened.map(({ destroyed }) => destroyed)).to.deep.equal([true, true]);
    const get = pagesOver(await open());
    await get("/metrics", never, { limits: pageLimits() });
    expect(await failure(get("/metrics", never, { limits: pageLimits() }))).to.equal("the connection was closed");
  });

  it("come as they are where the server does not pack", async () => {
    const get = pagesOver(await streamTo((_, response) => void response.end("text")));
    expect(await get("/metrics", never, { limits: pageLimits() })).to.equal("text");
  });

  const rows: [claim: string, handle: RequestListener, message: string][] = [
    ["another status", (_, response) => void response.writeHead(403).end("no"), "/metrics: 403 Forbidden"],
    ["half a page", (_, response) => (response.write("half"), response.socket?.destroySoon()), "aborted"],
    ["no answer", ({ socket }) => void socket.destroy(), "socket hang up"],
    [
      "half a packed page",
      (_, response) => {
        response.setHeader("content-encoding", "gzip").write(gzipSync("x".repeat(100_000)).subarray(0, 60));
        response.socket?.destroySoon();
      },
      "aborted",
    ],
    [
      "a page that unpacks to more than it may",
      (_, response) => void response.setHeader("content-encoding", "gzip").end(gzipSync("x".repeat(2_000_001))),
      "more than 1.9073486328125 MiB in one piece",
    ],
  ];
  for (const [claim, handle, message] of rows)
    it(`fail by ${claim}`, async () => {
      const limits = { most: 2_000_000, mostValues: Infinity, room: room(4_000_000) };
      const get = pagesOver(await streamTo(handle));
      expect(await failure(get("/metrics", never, { limits }))).to.equal(message);
    });

  it("fail by the caller's signal, with the connection", async () => {
    const ending = new AbortController();
    const stream = await streamTo((_, response) => {
      response.write("some");
      ending.abort(new Error("10 s are over"));
    });
    const get = pagesOver(stream);
    expect(await failure(get("/metrics", ending.signal, { limits: pageLimits() }))).to.equal("10 s are over");
    expect(stream.destroyed).to.equal(true);
    expect(await failure(get("/metrics", never, { limits: pageLimits() }))).to.equal("10 s are over");
  });

  it("fail with the reason that the stream ended with", async () => {
    const stream = await streamTo(() => undefined);
    stream.destroy(new Error("failed to connect to localhost:4191"));
    expect(await failure(pagesOver(stream)("/metrics", never, { limits: pageLimits() }))).to.equal(
      "failed to connect to localhost:4191",
    );
  });
});
