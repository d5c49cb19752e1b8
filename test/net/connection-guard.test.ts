import { once } from "node:events";
import { createServer as createHttp, get } from "node:http";
import type { ClientRequest, IncomingMessage, RequestListener } from "node:http";
import { Agent, createServer as createHttps, get as getHttps } from "node:https";
import { connect } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { text } from "node:stream/consumers";
import { createServer as createTls } from "node:tls";
import { expect } from "chai";
import { serverPair } from "../support/certificates.ts";
import { guardConnections } from "../../src/net/connection-guard.ts";
import type { ConnectionGuard, ConnectionGuardOptions } from "../../src/net/connection-guard.ts";

const bounds = { open: 10, openOfOne: 10, reserved: 0, perSecond: 100_000, waiting: 10 };

describe("net: a server behind bounds", () => {
  let server: Server;
  let guard: ConnectionGuard;
  afterEach(async () => {
    guard.destroyAll();
    if (!server.listening) return;
    await new Promise((resolve) => server.close(resolve));
  });

  const behind = async (made: Server, options: Partial<ConnectionGuardOptions> = {}): Promise<void> => {
    server = made;
    guard = guardConnections(server, { bounds, ...options });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  };
  const port = (): number => (server.address() as AddressInfo).port;
  const tcp = async (): Promise<Socket> => {
    const socket = connect(port(), "127.0.0.1");
    socket.on("error", () => undefined);
    await once(socket, "connect");
    return socket;
  };
  const answerOf = async (request: ClientRequest): Promise<string> => {
    const [response] = (await once(request, "response")) as [IncomingMessage];
    return text(response);
  };

  it("HTTP is served, also to who spoke while it waited", async () => {
    await behind(
      createHttp((_request, response) => response.end("here")),
      {
        bounds: { ...bounds, perSecond: 50 },
      },
    );
    const asked = Array.from({ length: 8 }, () => answerOf(get({ port: port(), host: "127.0.0.1", agent: false })));
    expect(await Promise.all(asked)).to.deep.equal(Array.from({ length: 8 }, () => "here"));
  });

  const https = async (onRequest: RequestListener): Promise<Server> => {
    const { certificate: cert, key } = await serverPair();
    return createHttps({ cert, key }, onRequest);
  };

  it("a handshake that waits goes on where it was", async () => {
    await behind(await https((_request, response) => response.end("here")), { bounds: { ...bounds, perSecond: 50 } });
    const asked = Array.from({ length: 8 }, () =>
      answerOf(getHttps({ port: port(), host: "127.0.0.1", agent: false, rejectUnauthorized: false })),
    );
    expect(await Promise.all(asked)).to.deep.equal(Array.from({ length: 8 }, () => "here"));
  });

  it("HTTPS is served, and a TLS socket names its connection", async () => {
    const made = await https((request, response) => {
      guard.mark(request.socket, "busy");
      guard.prove(request.socket);
      response.end("here");
    });
    const reasons: string[] = [];
    await behind(made, { bounds: { ...bounds, openOfOne: 1 }, onCut: (reason) => reasons.push(reason) });
    const agent = new Agent({ keepAlive: true, rejectUnauthorized: false });
    expect(await answerOf(getHttps({ port: port(), host: "127.0.0.1", agent }))).to.equal("here");
    expect(guard.counts()).to.deep.equal({ open: 1, waiting: 0, known: 1 });
    const turnedAway = await tcp();
    await once(turnedAway, "close");
    expect(reasons).to.deep.equal(["TOO_MANY_CONNECTIONS_OF_ONE"]);
    expect(await answerOf(getHttps({ port: port(), host: "127.0.0.1", agent }))).to.equal("here");
    agent.destroy();
  });

  it("says how many were cut, why, and how long ago", async () => {
    let now = 1000;
    await behind(createHttp(), { bounds: { ...bounds, openOfOne: 1 }, now: () => now });
    expect(guard.turnedAway.says()).to.equal("turned nobody away");
    const first = await tcp();
    await Promise.all([once(first, "close"), tcp()]);
    now += 500;
    expect(guard.turnedAway.says()).to.equal(
      "turning callers away, the last 1 s ago; since the start 1 for TOO_MANY_CONNECTIONS_OF_ONE",
    );
  });

  it("who resets while it waits ends nothing", async () => {
    await behind(
      createHttp((_request, response) => response.end("here")),
      {
        bounds: { ...bounds, perSecond: 10, waiting: 5 },
      },
    );
    await tcp();
    const waiting = [await tcp(), await tcp()];
    for (const socket of waiting) socket.resetAndDestroy();
    expect(await answerOf(get({ port: port(), host: "127.0.0.1", agent: false }))).to.equal("here");
  });

  it("closes with the server, those too that wait", async () => {
    await behind(createTls(), { bounds: { ...bounds, perSecond: 1 } });
    const sockets = [await tcp(), await tcp()];
    const closed = Promise.all(sockets.map((socket) => once(socket.resume(), "close")));
    guard.destroyAll();
    await closed;
    await new Promise((resolve) => server.close(resolve));
    expect(guard.counts()).to.deep.equal({ open: 0, waiting: 0, known: 0 });
  });
});
