/**
 * A program in a container of a pod, by the API server's `exec`, with its three streams.
 *
 * Subprotocols `v5.channel.k8s.io` and `v4.channel.k8s.io` (k8s.io/apimachinery, pkg/util/remotecommand): the first byte
 * of a message is its channel. 0, 1 and 2 are the three streams, 3 is the end as a Status, 4 the size of the terminal; in
 * v5 a message on 255 closes the channel that its second byte names.
 */
import type { IncomingMessage } from "node:http";
import { EventEmitter } from "node:events";
import { Readable, Writable } from "node:stream";
import type { WebSocket } from "ws";
import { isObject } from "../core/base/json/json.ts";
import type { Json } from "../core/base/json/json.ts";
import { objectsAt, textAt } from "../core/base/json/read.ts";
import type { Access } from "./access.ts";
import { probe } from "./agents.ts";
import { socketOpener } from "./web-socket.ts";
import type { PodRef, SocketCall } from "./web-socket.ts";

export interface ToRun {
  readonly container: string;
  readonly command: readonly string[];
  /** With a terminal there is no standard error of its own. */
  readonly tty: boolean;
}

export interface Running {
  /** Its end is told to the program, where the API server is of version 1.30 or later. */
  readonly stdin: Writable;
  /** Both are to be read: what nobody reads of one holds up the other. */
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Of the terminal. */
  readonly resize: (columns: number, rows: number) => void;
  /** Never rejects. */
  readonly ended: Promise<ExecEnd>;
  readonly destroy: () => void;
}

export type ExecEnd =
  | { readonly kind: "exited"; readonly code: number }
  /** It was not started, or nobody knows how it ended. */
  | { readonly kind: "failed"; readonly words: string };

/** Rejects where the API server refuses (`ExecRefused`) or cannot be reached. The signal ends the streams. */
export type ExecInPod = (pod: PodRef, what: ToRun, signal: AbortSignal) => Promise<Running>;

export class ExecRefused extends Error {
  /** HTTP status of the API server. */
  readonly status: number;

  constructor(words: string, status: number) {
    super(words.trim().slice(0, 1000));
    this.status = status;
  }
}

export function executor(access: Access): ExecInPod {
  const open = socketOpener(access);
  return async (pod, { container, command, tty }, signal) => {
    const streams = { stdin: "true", stdout: "true", stderr: String(!tty), tty: String(tty) };
    const words = command.map((word): [string, string] => ["command", word]);
    const query: SocketCall["query"] = [["container", container], ...words, ...Object.entries(streams)];
    const call = { pod, subresource: "exec", query, protocols };
    const running = await open(call, (socket) => new Execution(socket, signal), signal);
    if ("refused" in running) throw new ExecRefused(running.refused.words, running.refused.status);
    return running;
  };
}

const protocols = ["v5.channel.k8s.io", "v4.channel.k8s.io"];
const channels = { stdin: 0, stdout: 1, stderr: 2, end: 3, size: 4, close: 255 };

/** Milliseconds. What stands between may close a connection on which nothing moves, such as a shell at its prompt. */
const pingedEvery = 20_000;

class Execution extends EventEmitter<{ close: [] }> implements Running {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly ended: Promise<ExecEnd>;
  /** Why it was closed before its end. */
  errored: Error | null = null;
  private readonly socket: WebSocket;
  private end: ExecEnd | undefined;
  private isClosed = false;
  private readonly full = new Set<Readable>();

  constructor(socket: WebSocket, signal: AbortSignal) {
    super();
    this.socket = socket;
    this.stdout = this.readable();
    this.stderr = this.readable();
    this.stdin = new Writable({
      write: (chunk: Buffer, _, done) => this.send(channels.stdin, chunk, done),
      final: (done) => this.closeStdin(done),
    });
    // Who writes hears of the end by `ended`; an error that nobody listens to ends the process.
    this.stdin.on("error", () => undefined);
    const abort = (): void => this.closed(signal.reason as Error);
    signal.addEventListener("abort", abort, { once: true });
    const pings = setInterval(() => {
      if (socket.readyState === socket.OPEN) socket.ping();
    }, pingedEvery).unref();
    this.ended = new Promise((resolve) => {
      this.once("close", () => {
        signal.removeEventListener("abort", abort);
        clearInterval(pings);
        resolve(this.end ?? { kind: "failed", words: this.errored?.message ?? "the connection was closed" });
      });
    });
    socket.on("upgrade", (response: IncomingMessage) => probe(response.socket));
    socket.on("message", (message: Buffer) => this.took(message));
    socket.on("error", (error) => this.closed(error));
    socket.on("close", () => this.closed(null));
  }

  resize(columns: number, rows: number): void {
    this.send(channels.size, Buffer.from(JSON.stringify({ Width: columns, Height: rows })), () => undefined);
  }

  destroy(): void {
    this.closed(null);
  }

  private readable(): Readable {
    const stream: Readable = new Readable({ read: () => this.wanted(stream) });
    stream.on("error", () => undefined);
    return stream;
  }

  private wanted(stream: Readable): void {
    this.full.delete(stream);
    if (this.full.size === 0 && this.socket.readyState === this.socket.OPEN) this.socket.resume();
  }

  private took(message: Buffer): void {
    const body = message.subarray(1);
    if (body.length === 0) return;
    if (message[0] === channels.stdout) this.give(this.stdout, body);
    else if (message[0] === channels.stderr) this.give(this.stderr, body);
    else if (message[0] === channels.end) this.end = endIn(body.toString());
  }

  private give(stream: Readable, body: Buffer): void {
    if (stream.destroyed || stream.push(body)) return;
    this.full.add(stream);
    this.socket.pause();
  }

  private send(channel: number, body: Buffer, done: (error?: Error | null) => void): void {
    if (this.socket.readyState !== this.socket.OPEN) return done(new Error("the connection is closed"));
    this.socket.send(Buffer.concat([Buffer.of(channel), body]), done);
  }

  private closeStdin(done: (error?: Error | null) => void): void {
    if (this.socket.protocol !== protocols[0]) return done();
    this.send(channels.close, Buffer.of(channels.stdin), () => done());
  }

  /** What came before is still read. */
  private closed(error: Error | null): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.errored = error;
    this.socket.terminate();
    this.stdin.destroy();
    for (const stream of [this.stdout, this.stderr]) if (!stream.destroyed) stream.push(null);
    this.emit("close");
  }
}

/** The code is among the causes of a Status (meta/v1, NonZeroExitCode). */
function endIn(text: string): ExecEnd {
  let status: Json = null;
  try {
    status = JSON.parse(text) as Json;
  } catch {
    // Then nobody knows.
  }
  if (textAt(status, "status") === "Success") return { kind: "exited", code: 0 };
  const cause = objectsAt(status, "details", "causes").find((each) => textAt(each, "reason") === "ExitCode");
  const code = Number(textAt(cause, "message") || Number.NaN);
  if (Number.isInteger(code)) return { kind: "exited", code };
  const message = isObject(status) ? textAt(status, "message") : "";
  return { kind: "failed", words: (message === "" ? text : message).trim().slice(0, 1000) };
}
