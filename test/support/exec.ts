/**
 * The way from an API server to a program in a container, as the kubelet speaks it (k8s.io/apimachinery, pkg/util/remotecommand):
 * WebSockets of subprotocols `v4.channel.k8s.io` and `v5.channel.k8s.io`, for a server of a test. The programs are this
 * machine's.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { IncomingMessage, Server } from "node:http";
import type { Server as TlsServer } from "node:https";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";

/** What was asked for. */
export interface ExecAsked {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly command: readonly string[];
  readonly tty: boolean;
}

/** A program to run in its place, or how the API server refuses, or the Status with which the kubelet ends it at once. */
export type Answer =
  | { readonly command: readonly string[] }
  | { readonly status: number; readonly message: string }
  | { readonly end: object };

export interface Execs {
  /** WebSockets that are open. */
  readonly open: () => number;
  /** Programs that run. */
  readonly running: () => number;
  /** What terminals were told of their size. */
  readonly sizes: readonly string[];
  readonly asked: readonly ExecAsked[];
  /** Takes connections away without a closing message. */
  readonly cut: () => void;
}

export function execs(
  server: Server | TlsServer,
  answer: (asked: ExecAsked) => Answer,
  protocol = "v5.channel.k8s.io",
): Execs {
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    handleProtocols: (names) => (names.has(protocol) ? protocol : false),
  });
  const state = { running: 0 };
  const sizes: string[] = [];
  const all: ExecAsked[] = [];
  server.on("upgrade", (request: IncomingMessage, connection: Duplex, head: Buffer) => {
    const asked = askedIn(request.url ?? "");
    all.push(asked);
    const how = answer(asked);
    if ("status" in how) {
      const body = JSON.stringify({ kind: "Status", message: how.message, code: how.status });
      connection.end(`HTTP/1.1 ${how.status} No\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
      return;
    }
    sockets.handleUpgrade(request, connection, head, (socket) => {
      if ("end" in how) finish(socket, how.end);
      else void run(socket, how.command, { tty: asked.tty, state, sizes });
    });
  });
  return {
    open: () => sockets.clients.size,
    running: () => state.running,
    sizes,
    asked: all,
    cut: () => {
      for (const socket of sockets.clients) socket.terminate();
    },
  };
}

function askedIn(url: string): ExecAsked {
  const { pathname, searchParams } = new URL(url, "http://api");
  const [, namespace = "", pod = ""] = /^\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/]+)\/exec$/.exec(pathname) ?? [];
  return {
    namespace,
    pod,
    container: searchParams.get("container") ?? "",
    command: searchParams.getAll("command"),
    tty: searchParams.get("tty") === "true",
  };
}

interface Around {
  readonly tty: boolean;
  readonly state: { running: number };
  readonly sizes: string[];
}

/** In pieces of 32 KiB, none taken before the one before it was written; as containerd, it goes on when nobody listens. */
async function run(socket: WebSocket, command: readonly string[], { tty, state, sizes }: Around): Promise<void> {
  const [program = "", ...words] = command;
  const child = spawn(program, words, { stdio: ["pipe", "pipe", "pipe"] });
  state.running += 1;
  child.on("exit", () => (state.running -= 1));
  child.stdin.on("error", () => undefined);
  socket.on("message", (message: Buffer) => {
    if (message[0] === 0) child.stdin.write(message.subarray(1));
    if (message[0] === 4) sizes.push(message.subarray(1).toString());
    if (message[0] === 255 && message[1] === 0) child.stdin.end();
  });
  socket.on("close", () => child.stdin.end());
  socket.on("error", () => undefined);
  const exit = once(child, "exit") as Promise<[number | null]>;
  const copied = [child.stdout, child.stderr].map(async (stream, index) => {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      for (let from = 0; from < chunk.length; from += 32_768) {
        const piece = Buffer.concat([Buffer.of(tty ? 1 : index + 1), chunk.subarray(from, from + 32_768)]);
        await new Promise((resolve) => socket.send(piece, resolve));
      }
    }
  });
  const [[code]] = await Promise.all([exit, ...copied]);
  finish(socket, code === 0 ? { status: "Success" } : nonZero(code ?? 255));
}

function finish(socket: WebSocket, status: object): void {
  socket.send(Buffer.concat([Buffer.of(3), Buffer.from(JSON.stringify(status))]));
  socket.close(1000);
}

const nonZero = (code: number): object => ({
  status: "Failure",
  message: `command terminated with non-zero exit code: exit status ${code}`,
  reason: "NonZeroExitCode",
  details: { causes: [{ reason: "ExitCode", message: String(code) }] },
});
