/** However a request ends, and whoever ends it: the process lives, and the next request is answered. */
import { once } from "node:events";
import { createServer as createTcpServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { TLSSocket, createServer as createTlsServer } from "node:tls";
import { expect } from "chai";
import type { Credentials } from "../../src/kube/access.ts";
import type { KubeApi } from "../../src/kube/api.ts";
import { realClock } from "../../src/async/clock.ts";
import { Expired, watchSession } from "../../src/kube/watch-session.ts";
import { asker, requests } from "../../src/kube/requests.ts";
import { watcher } from "../../src/kube/watches.ts";
import { serverPair } from "../support/certificates.ts";

type Transport = "http" | "https";

/** A server that writes bytes as a test wants them cut: each write is one TLS record, or one segment. */
interface ByteServer {
  readonly url: string;
  readonly ca: string | undefined;
  readonly sockets: ReadonlySet<Socket>;
  readonly close: () => void;
}

const servers: ByteServer[] = [];
function closeServersAfterEach(): void {
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });
}

async function serving(transport: Transport, onRequest: (socket: Socket, head: string) => void): Promise<ByteServer> {
  const pair = await serverPair();
  const sockets = new Set<Socket>();
  const take = (socket: Socket): void => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    socket.on("data", (bytes: Buffer) => onRequest(socket, bytes.toString()));
  };
  const server: Server =
    transport === "http"
      ? createTcpServer(take)
      : createTlsServer({ cert: pair.certificate, key: pair.key }, take).on("tlsClientError", () => undefined);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const made: ByteServer = {
    url: `${transport}://127.0.0.1:${port}`,
    ca: transport === "https" ? pair.certificate : undefined,
    sockets,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
  servers.push(made);
  return made;
}

function apiAt({ url, ca }: Pick<ByteServer, "url" | "ca">, credentials?: () => Promise<Credentials>): KubeApi {
  const defaultValue = { headers: {}, tls: { ca } };
  const access = {
    server: url,
    credentials: credentials ?? ((): Promise<Credentials> => Promise.resolve(defaultValue)),
    renew: () => undefined,
  };
  const open = requests(access);
  return { server: url, ask: asker(access, open), watch: watcher(access, open) };
}

/** Node resets no TLS connection. */
const reset = (socket: Socket): void =>
  void (socket instanceof TLSSocket ? socket.destroy() : socket.resetAndDestroy());

const failure = async (asked: Promise<unknown>): Promise<unknown> => {
  try {
    await asked;
  } catch (error) {
    return error;
  }
  return undefined;
};

const chunk = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
const line = (type: string, object: object): string => `${JSON.stringify({ type, object })}\n`;
const event = line("MODIFIED", { metadata: { name: "shop", resourceVersion: "7" } });
const gone = line("ERROR", { kind: "Status", code: 410, message: "too old resource version" });
const whole = (body: string): string => `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;

describe("a watch that is answered 410 Gone", () => {
  closeServersAfterEach();
  const [first, last] = [chunk(event), chunk(gone)];
  const end = "0\r\n\r\n";
  const head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
  const sized = `HTTP/1.1 200 OK\r\ncontent-length: ${gone.length}\r\n\r\n`;
  const closing = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";
  /** Pieces as they are written; a number is a pause in milliseconds; null closes the connection. */
  const rows: readonly [claim: string, pieces: readonly (string | number | null)[]][] = [
    ["all in one piece", [head + last + end]],
    ["after the head, with the end", [head, 5, last + end]],
    ["and ended at once, as a piece of its own", [head, 5, last, end]],
    ["and ended later", [head, 5, last, 20, end]],
    ["after an event, in one piece", [head + first + last + end]],
    ["some time after an event", [head + first, 20, last, end]],
    ["some time after an event, with the end", [head + first, 20, last + end]],
    ["by length, in one piece", [sized + gone]],
    ["by length, after the head", [sized, 5, gone]],
    ["by length, but for its last byte", [sized + gone.slice(0, -1), 20, "\n"]],
    ["and the connection is closed", [closing + gone, null]],
    ["and never ended", [head + last]],
    ["and more comes behind the end", [head + last + end + head + first]],
  ];
  for (const transport of ["https", "http"] as const) {
    for (const [claim, pieces] of rows) {
      it(`${claim}, over ${transport}, ends nothing but itself`, async () => {
        const server = await serving(transport, (socket, request) => {
          if (!request.includes("watch=true")) return void socket.write(whole("{}"));
          void (async () => {
            for (const piece of pieces) {
              if (piece === null) socket.end();
              else if (typeof piece === "number") await pause(piece);
              else socket.write(piece);
            }
          })();
        });
        const api = apiAt(server);
        const { signal } = new AbortController();
        const watch = { api, path: "/api/v1/namespaces", version: "1", seconds: 240, clock: realClock, signal };
        for (let times = 0; times < 3; times += 1) {
          const ended = await failure(watchSession({ ...watch, onEvent: () => undefined, silence: () => 0 }));
          expect(ended).to.be.instanceOf(Expired);
        }
        await pause(5);
        expect((await api.ask({ method: "GET", path: "/version" })).status).to.equal(200);
      });
    }
  }
});

describe("a request that the caller ends", () => {
  closeServersAfterEach();
  const enough = new Error("enough");
  /** What the server does with it, and when the caller ends it. */
  const rows: readonly [
    claim: string,
    answer: ((socket: Socket) => void) | undefined,
    end: (abort: () => void, server: ByteServer) => void | Promise<void>,
  ][] = [
    ["before it is sent", (socket) => void socket.write(whole("{}")), (abort) => abort()],
    ["while it connects", (socket) => void socket.write(whole("{}")), async (abort) => process.nextTick(abort)],
    ["while it shakes hands", undefined, async (abort) => pause(20).then(abort)],
    ["before the answer", () => undefined, async (abort) => pause(20).then(abort)],
    [
      "within the head",
      (socket) => void socket.write("HTTP/1.1 200 OK\r\ncontent-"),
      async (abort) => pause(20).then(abort),
    ],
    [
      "within the body",
      (socket) => void socket.write("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"),
      async (abort) => pause(20).then(abort),
    ],
    [
      "while the server resets",
      (socket) => void socket.write("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"),
      async (abort, { sockets }) => {
        await pause(20);
        for (const socket of sockets) reset(socket);
        abort();
      },
    ],
  ];
  for (const transport of ["https", "http"] as const) {
    for (const [claim, answer, end] of rows) {
      it(`${claim}, over ${transport}`, async () => {
        let ended = false;
        const quiet = answer === undefined;
        // Over TLS a server that only takes the connection leaves the handshake under way.
        const server = await serving(quiet ? "http" : transport, (socket) => {
          if (ended) socket.write(whole("{}"));
          else answer?.(socket);
        });
        const at = { url: server.url.replace(/^https?/, transport), ca: server.ca };
        const api = apiAt(at);
        const controller = new AbortController();
        const asked = failure(api.ask({ method: "GET", path: "/version", signal: controller.signal }));
        await end(() => controller.abort(enough), server);
        expect(await asked).to.equal(enough);
        ended = true;
        await pause(5);
        if (!quiet) expect((await api.ask({ method: "GET", path: "/version" })).status).to.equal(200);
      });
    }

    it(`while it waits for a connection, over ${transport}: at once, and never sent`, async () => {
      const heads: string[] = [];
      const held: Socket[] = [];
      const server = await serving(transport, (socket, request) => {
        heads.push(request.split(" ", 2)[1] ?? "");
        held.push(socket);
      });
      const { ask } = apiAt(server);
      const others = Array.from({ length: 32 }, () => ask({ method: "GET", path: "/version" }));
      while (held.length < 32) await pause(5);
      const controller = new AbortController();
      const waiting = failure(ask({ method: "GET", path: "/api/v1/pods", signal: controller.signal }));
      controller.abort(enough);
      expect(await waiting).to.equal(enough);
      for (const socket of held) socket.write(whole("{}"));
      await Promise.all(others);
      await pause(5);
      expect(heads.filter((path) => path !== "/version")).to.deep.equal([]);
    });

    it(`when it is answered, or about to be, over ${transport}`, async () => {
      const server = await serving(transport, (socket) => void socket.write(whole("{}")));
      const { ask } = apiAt(server);
      for (const when of [setImmediate, process.nextTick, queueMicrotask] as ((run: () => void) => void)[]) {
        const controller = new AbortController();
        await ask({ method: "GET", path: "/version", signal: controller.signal });
        when(() => controller.abort(enough));
        await pause(2);
      }
      const racing = Array.from({ length: 40 }, async (_, index) => {
        const controller = new AbortController();
        setTimeout(() => controller.abort(enough), index / 8);
        await failure(ask({ method: "GET", path: "/version", signal: controller.signal }));
      });
      await Promise.all(racing);
      expect((await ask({ method: "GET", path: "/version" })).status).to.equal(200);
    });
  }

  it("while a plugin makes its credentials", async () => {
    const { ask } = apiAt({ url: "https://127.0.0.1:9", ca: undefined }, () => new Promise(() => undefined));
    const controller = new AbortController();
    const asked = failure(ask({ method: "GET", path: "/version", signal: controller.signal }));
    await pause(5);
    controller.abort(enough);
    expect(await asked).to.equal(enough);
  });
});

describe("a connection that nobody uses", () => {
  closeServersAfterEach();
  for (const transport of ["https", "http"] as const) {
    it(`may be reset, or say something, over ${transport}`, async () => {
      const server = await serving(transport, (socket) => void socket.write(whole("{}")));
      const { ask } = apiAt(server);
      for (let round = 0; round < 3; round += 1) {
        expect((await ask({ method: "GET", path: "/version" })).status).to.equal(200);
        for (const socket of server.sockets) {
          if (round === 1) socket.write("HTTP/1.1 400 Bad Request\r\n\r\n");
          else reset(socket);
        }
        await pause(10);
      }
    });
  }

  it("is left with the answer of a refusal: credentials that were renewed get another", async () => {
    let calls = 0;
    const server = await serving("https", (socket) => {
      calls += 1;
      if (calls === 1) socket.write("HTTP/1.1 401 Unauthorized\r\ntransfer-encoding: chunked\r\n\r\n");
      else socket.write(whole("{}"));
    });
    expect((await apiAt(server).ask({ method: "GET", path: "/version" })).status).to.equal(200);
    await pause(10);
    expect(server.sockets.size).to.equal(1);
  });
});
