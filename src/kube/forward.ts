/**
 * A byte stream to a port of a pod, by the API server's port-forward: a WebSocket for each stream.
 *
 * Subprotocol `v4.channel.k8s.io` (k8s.io/kubelet, pkg/cri/streaming/portforward/websocket.go): the first byte of a
 * message is its channel, 0 for data and 1 for an error; the first message of each channel is the port, in two bytes.
 */
import type { IncomingMessage } from "node:http";
import { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import type { Access } from "./access.ts";
import { probe } from "./agents.ts";
import { socketOpener } from "./web-socket.ts";
import type { PodRef, SocketCall } from "./web-socket.ts";

export type { PodRef };

/**
 * A stream to a port of a pod, as the pod itself would connect to 127.0.0.1. Rejects where the API server refuses
 * (`ForwardRefused`) or cannot be reached. What the kubelet refuses, such as a port at which nobody listens, shows only
 * later: the stream ends with a `ForwardRefused`, which `stream.errored` keeps. The signal ends the stream, too.
 */
export type ReachPod = (pod: PodRef, port: number, signal: AbortSignal) => Promise<Duplex>;

/** The API server's words, or the kubelet's, as far as they are of use. */
export class ForwardRefused extends Error {
  /** HTTP status of the API server; undefined: the kubelet refused. */
  readonly status: number | undefined;

  constructor(words: string, status?: number) {
    super(words.trim().slice(0, 1000));
    this.status = status;
  }
}

export function forwarder(access: Access): ReachPod {
  const open = socketOpener(access);
  return async (pod, port, signal) => {
    const call: SocketCall = { pod, subresource: "portforward", query: [["ports", String(port)]], protocols };
    const stream = await open(call, (socket) => new PodStream(socket, signal), signal);
    if ("refused" in stream) throw new ForwardRefused(stream.refused.words, stream.refused.status);
    return stream;
  };
}

const protocols = ["v4.channel.k8s.io"];

/**
 * Goes on being read when its writing has ended, since there is no message for one of both; what the pod sent before it
 * closed is read before the end is seen. What nobody reads is left in the socket, and what the pod does not take is not
 * taken from the writer. It has the methods of a socket that clients of `node:http` and `node:http2` call.
 */
class PodStream extends Duplex {
  private readonly socket: WebSocket;
  /** Bytes of the port that are still to come, by channel. */
  private readonly ofPort: [data: number, error: number] = [2, 2];
  private network: IncomingMessage["socket"] | undefined;

  constructor(socket: WebSocket, signal: AbortSignal) {
    super({ allowHalfOpen: false });
    this.socket = socket;
    const end = (): void => void this.destroy(signal.reason as Error);
    signal.addEventListener("abort", end, { once: true });
    this.once("close", () => signal.removeEventListener("abort", end));
    // Whoever has it then: an error that nobody listens to ends the process. It is kept in `errored`.
    this.on("error", () => undefined);
    socket.on("upgrade", (response) => {
      this.network = response.socket;
      probe(response.socket);
    });
    socket.on("message", (message: Buffer) => this.took(message));
    socket.on("error", (error) => void this.destroy(error));
    socket.on("close", (code) => this.ended(code));
  }

  override _read(): void {
    this.socket.resume();
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: (error?: Error | null) => void): void {
    this.socket.send(Buffer.concat([ofData, chunk]), done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.socket.terminate();
    done(error);
  }

  /** Time limits are the business of who passed the signal. */
  setTimeout(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    this.network?.ref();
    return this;
  }

  unref(): this {
    this.network?.unref();
    return this;
  }

  private took(message: Buffer): void {
    const channel = message[0];
    if (channel !== 0 && channel !== 1) return;
    const skipped = Math.min(this.ofPort[channel], message.length - 1);
    this.ofPort[channel] -= skipped;
    const body = message.subarray(1 + skipped);
    if (body.length === 0) return;
    if (channel === 1) this.destroy(new ForwardRefused(body.toString()));
    else if (!this.push(body)) this.socket.pause();
  }

  /** Without a closing message the pod may have had more to say. */
  private ended(code: number): void {
    if (code === 1006) this.destroy(new Error("the connection was closed"));
    else this.push(null);
  }
}

const ofData = Buffer.of(0);
