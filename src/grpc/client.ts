/**
 * A gRPC client over any stream, such as a port-forward: TLS 1.3 and HTTP/2 with prior knowledge, as neither proxies nor
 * the control plane answer ALPN. gRPC is written by hand: grpc-js opens its connections itself, and always offers ALPN.
 */
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { connect as connectHttp2, constants } from "node:http2";
import type { ClientHttp2Session, ClientHttp2Stream } from "node:http2";
import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import type { TLSSocket } from "node:tls";
import { serviceDefinition, serviceNames } from "./protos.ts";
import type { ServiceName } from "./protos.ts";
import { headLength, Unread } from "./unread.ts";

export interface ChannelOptions {
  /** Who has to answer: a DNS name of the server's certificate. It is also what the server is asked for (SNI). */
  readonly name: string;
  /** Whom to believe, PEM. */
  readonly anchors: string;
  readonly certificate?: ClientCertificate | undefined;
}

/** PEM, the leaf first. */
export interface ClientCertificate {
  readonly chain: string;
  readonly key: string;
}

export interface Channel {
  /** The one message of the answer; rejects with a `GrpcError` where the status is not OK. */
  readonly unary: (call: Call, signal: AbortSignal) => Promise<unknown>;
  /** Tells each message as it comes; the status at the end. Once the signal has aborted nothing more is told. */
  readonly stream: (call: Call, onMessage: (message: unknown) => void, signal: AbortSignal) => Promise<GrpcStatus>;
  /** With its stream. */
  readonly close: () => void;
}

interface Call {
  readonly service: ServiceName;
  readonly method: string;
  readonly request: object;
}

export interface GrpcStatus {
  readonly code: number;
  readonly message: string;
}

export const grpcCodes = {
  ok: 0,
  cancelled: 1,
  invalidArgument: 3,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** A call that ended with another status than OK. */
export class GrpcError extends Error {
  readonly status: GrpcStatus;

  constructor(status: GrpcStatus) {
    super(`${status.message} (gRPC status ${status.code})`);
    this.status = status;
  }
}

/** Takes the stream, which ends with the signal, too. Rejects when the handshake fails, or somebody else answers. */
export async function channelOver(stream: Duplex, options: ChannelOptions, signal: AbortSignal): Promise<Channel> {
  const socket = secured(stream, options);
  const end = (): void => void socket.destroy();
  if (signal.aborted) end();
  signal.addEventListener("abort", end, { once: true });
  socket.once("close", () => {
    signal.removeEventListener("abort", end);
    stream.destroy();
  });
  const failed = failureOf(socket, stream);
  try {
    await Promise.race([once(socket, "secureConnect"), failed]);
    needName(socket, options.name);
    // Nobody is asked to push, and what is pushed nobody would read.
    const session = connectHttp2("http://localhost", {
      createConnection: () => socket,
      settings: { enablePush: false },
    });
    session.on("error", () => undefined);
    await Promise.race([once(session, "remoteSettings"), failed]);
    return {
      unary: (call, until) => unary(session, call, until),
      stream: (call, onMessage, until) => opened(session, call, onMessage, until),
      close: () => session.destroy(),
    };
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

function secured(stream: Duplex, { name, anchors, certificate }: ChannelOptions): TLSSocket {
  return connectTls({
    socket: stream,
    servername: name,
    ca: anchors,
    minVersion: "TLSv1.3",
    // The name is looked at below, as proxies do: they leave the common name aside.
    checkServerIdentity: () => undefined,
    ...(certificate && { cert: certificate.chain, key: certificate.key }),
  });
}

/** With TLS 1.3 a server refuses a client's certificate after the handshake: the first thing heard tells. */
function failureOf(socket: TLSSocket, stream: Duplex): Promise<never> {
  const failed = new Promise<never>((_, reject) => {
    socket.on("error", (error) => reject(stream.errored ?? error));
    socket.once("close", () => reject(stream.errored ?? new Error("the connection was closed")));
  });
  failed.catch(() => undefined);
  return failed;
}

function needName(socket: TLSSocket, name: string): void {
  const { subjectAltName = "" } = new X509Certificate(socket.getPeerCertificate().raw);
  if (subjectAltName.split(", ").includes(`DNS:${name}`)) return;
  throw new Error(`${subjectAltName || "somebody without a name"} answers in the place of ${name}`);
}

async function unary(session: ClientHttp2Session, call: Call, signal: AbortSignal): Promise<unknown> {
  let answer: unknown;
  const status = await opened(session, call, (message) => (answer ??= message), signal);
  if (status.code !== grpcCodes.ok) throw new GrpcError(status);
  return answer;
}

function opened(
  session: ClientHttp2Session,
  { service, method, request }: Call,
  onMessage: (message: unknown) => void,
  signal: AbortSignal,
): Promise<GrpcStatus> {
  const definition = serviceDefinition(service)[method];
  if (definition === undefined) throw new Error(`${service} has no method ${method}`);
  if (session.destroyed || session.closed) return Promise.resolve(dropped);
  const stream = session.request({
    [constants.HTTP2_HEADER_METHOD]: "POST",
    [constants.HTTP2_HEADER_SCHEME]: "http",
    [constants.HTTP2_HEADER_PATH]: `/${serviceNames[service]}/${method}`,
    "content-type": "application/grpc",
    te: "trailers",
  });
  stream.end(framed(definition.requestSerialize(request)));
  return statusOf(stream, (bytes) => onMessage(definition.responseDeserialize(bytes)), signal);
}

const dropped: GrpcStatus = { code: grpcCodes.unavailable, message: "the connection was closed" };

/** A byte that says "not compressed", the length, the message (gRPC over HTTP/2). */
function framed(message: Buffer): Buffer {
  const head = Buffer.alloc(headLength);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

function statusOf(
  stream: ClientHttp2Stream,
  onMessage: (bytes: Buffer) => void,
  signal: AbortSignal,
): Promise<GrpcStatus> {
  const cancel = (): void => stream.close(constants.NGHTTP2_CANCEL);
  if (signal.aborted) cancel();
  signal.addEventListener("abort", cancel, { once: true });
  let status: GrpcStatus | undefined;
  stream.on("response", (headers) => (status = statusIn(headers) ?? notGrpc(headers)));
  stream.on("trailers", (headers) => (status = statusIn(headers) ?? status));
  const unread = new Unread();
  stream.on("data", (chunk: Buffer) => {
    if (signal.aborted) return;
    try {
      unread.add(chunk, onMessage);
    } catch (error) {
      status = { code: grpcCodes.internal, message: String(error) };
      cancel();
    }
  });
  stream.on("error", () => undefined);
  return new Promise((resolve) => {
    stream.once("close", () => {
      signal.removeEventListener("abort", cancel);
      // Without a status of its own it was the connection that ended ("Responses").
      resolve(signal.aborted ? { code: grpcCodes.cancelled, message: "cancelled" } : (status ?? dropped));
    });
  });
}

function statusIn(headers: Readonly<Record<string, unknown>>): GrpcStatus | undefined {
  const { "grpc-status": code, "grpc-message": message } = headers;
  return code === undefined
    ? undefined
    : { code: Number(code), message: typeof message === "string" ? words(message) : "" };
}

/** Who answers so speaks HTTP, and knows nothing of gRPC. */
function notGrpc(headers: Readonly<Record<string, unknown>>): GrpcStatus | undefined {
  const status = headers[constants.HTTP2_HEADER_STATUS];
  return status === 200 ? undefined : { code: grpcCodes.internal, message: `HTTP status ${String(status)}` };
}

/** Percent-encoded; what is not stays as it is. */
function words(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
