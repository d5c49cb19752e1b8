/**
 * The way from an API server to a port of a pod, as the kubelet speaks it (k8s.io/kubelet, pkg/cri/streaming/portforward):
 * WebSockets of subprotocol `v4.channel.k8s.io`, for a server of a test.
 */
import type { IncomingMessage, Server } from "node:http";
import type { Server as TlsServer } from "node:https";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";
import type { PodRef } from "../../src/kube/forward.ts";

/** What is behind a port of a pod; a text: why nobody is. */
export type Dial = (pod: PodRef, port: number) => Duplex | string | Promise<Duplex | string>;

/** How the API server answers a request for a WebSocket; `undefined`: it opens it. */
export type Refuse = (request: IncomingMessage) => { readonly status: number; readonly body: string } | undefined;

export interface Forwards {
  /** WebSockets that are open. */
  readonly open: () => number;
  /** The largest number of them so far. */
  readonly most: () => number;
  /** Takes connections away without a closing message. */
  readonly cut: () => void;
}

export function forwards(server: Server | TlsServer, dial: Dial, refuse: Refuse = () => undefined): Forwards {
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    handleProtocols: (names) => (names.has("v4.channel.k8s.io") ? "v4.channel.k8s.io" : false),
  });
  let most = 0;
  server.on("upgrade", (request: IncomingMessage, connection: Duplex, head: Buffer) => {
    const refused = refuse(request);
    if (refused !== undefined) {
      const { status, body } = refused;
      connection.end(`HTTP/1.1 ${status} No\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
      return;
    }
    sockets.handleUpgrade(request, connection, head, (socket) => {
      most = Math.max(most, sockets.clients.size);
      void forwarded(socket, request.url ?? "", dial);
    });
  });
  return {
    open: () => sockets.clients.size,
    most: () => most,
    cut: () => {
      for (const socket of sockets.clients) socket.terminate();
    },
  };
}

async function forwarded(socket: WebSocket, url: string, dial: Dial): Promise<void> {
  const [, namespace = "", name = "", ports = ""] =
    /^\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/]+)\/portforward\?ports=(\d+)$/.exec(url) ?? [];
  const port = Number(ports);
  const waiting: Buffer[] = [];
  const early = (message: Buffer): void => void waiting.push(message);
  socket.on("message", early);
  for (const channel of [0, 1]) socket.send(Buffer.of(channel, port & 0xff, port >> 8));
  const there = await dial({ namespace, name }, port);
  if (typeof there === "string") {
    socket.send(Buffer.concat([Buffer.of(1), Buffer.from(there)]));
    return socket.close(1000);
  }
  socket.off("message", early);
  joined(socket, there, waiting);
}

/** In pieces of 32 KiB, none taken before the one before it was written. */
function joined(socket: WebSocket, there: Duplex, waiting: readonly Buffer[]): void {
  const take = (message: Buffer): void => {
    if (there.write(message.subarray(1))) return;
    socket.pause();
    there.once("drain", () => socket.resume());
  };
  socket.on("message", take);
  for (const message of waiting) take(message);
  socket.on("close", () => there.destroy());
  there.on("error", () => socket.terminate());
  void (async () => {
    for await (const chunk of there as AsyncIterable<Buffer>) {
      for (let from = 0; from < chunk.length; from += 32_768) {
        const piece = Buffer.concat([Buffer.of(0), chunk.subarray(from, from + 32_768)]);
        await new Promise((resolve) => socket.send(piece, resolve));
      }
    }
    socket.close(1000);
  })().catch(() => undefined);
}
