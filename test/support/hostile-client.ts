/**
 * A client that keeps to no rules: TLS as the proxy has it, then whatever bytes a test wants, among them HTTP/2 frames
 * (RFC 9113) that a well-behaved library would not send.
 */
import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import type { ClientHttp2Session } from "node:http2";
import { connect } from "node:tls";
import type { TLSSocket } from "node:tls";

export interface HostileOptions {
  readonly port: number;
  /** PEM. */
  readonly certificate?: { readonly chain: string; readonly key: string } | undefined;
}

export interface Hostile {
  readonly send: (...parts: readonly (Buffer | string)[]) => void;
  readonly closed: Promise<void>;
  readonly isClosed: () => boolean;
  readonly close: () => void;
}

/** Connects, and does not look at who answers. */
export async function tlsTo({ port, certificate }: HostileOptions): Promise<TLSSocket> {
  const socket = connect({
    host: "127.0.0.1",
    port,
    rejectUnauthorized: false,
    ...(certificate && { cert: certificate.chain, key: certificate.key }),
  });
  socket.on("error", () => undefined);
  await Promise.race([once(socket, "secureConnect"), once(socket, "close")]);
  return socket;
}

export async function hostile(options: HostileOptions): Promise<Hostile> {
  const socket = await tlsTo(options);
  const closed = new Promise<void>((resolve) => {
    if (socket.destroyed) resolve();
    else socket.once("close", () => resolve());
  });
  socket.resume();
  return {
    send: (...parts) => {
      const bytes = parts.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : part));
      if (!socket.destroyed) socket.write(Buffer.concat(bytes));
    },
    closed,
    isClosed: () => socket.destroyed,
    close: () => socket.destroy(),
  };
}

/** RFC 9113, section 6. */
const frameTypes = [
  "data",
  "headers",
  "priority",
  "reset",
  "settings",
  "push",
  "ping",
  "goaway",
  "window",
  "continuation",
];
export const flags = { endStream: 1, endHeaders: 4, both: 5 } as const;

export function frame(type: string, flag: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(frameTypes.indexOf(type), 3);
  head.writeUInt8(flag, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** What begins a connection. */
export const preface = Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), frame("settings", 0, 0)]);

/** The HEADERS of a call; header fields are literals that are never indexed (RFC 7541, 6.2.3). */
export function headers(stream: number, flag: number, path: string): Buffer {
  const all = Object.entries({ ":scheme": "http", ":authority": "x", ...callHeaders(path) });
  const fields = all.flatMap(([name, value]) => [Buffer.from([0x10]), literal(name), literal(value)]);
  return frame("headers", flag, stream, Buffer.concat(fields));
}

export const callHeaders = (path: string): Readonly<Record<string, string>> => ({
  ":method": "POST",
  ":path": path,
  "content-type": "application/grpc",
  te: "trailers",
});

export const reset = (stream: number): Buffer => frame("reset", 0, stream, Buffer.from([0, 0, 0, 8]));

/** A gRPC message with its five bytes in front. */
export function message(body: Buffer, packed = false): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(packed ? 1 : 0, 0);
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
}

/** With a prefix of seven bits for the length (RFC 7541, 5.1). */
function literal(text: string): Buffer {
  const bytes = Buffer.from(text, "latin1");
  if (bytes.length >= 127) throw new Error("as long as no test needs");
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

/** HTTP/2 by the rules, for calls that are not. */
export async function http2To(options: HostileOptions): Promise<ClientHttp2Session> {
  const socket = await tlsTo(options);
  const session = connectHttp2("http://127.0.0.1", { createConnection: () => socket });
  session.on("error", () => undefined);
  await Promise.race([once(session, "remoteSettings"), once(session, "close")]);
  return session;
}

export interface Outcome {
  /** Of HTTP; 0: there was no answer. */
  readonly http: number;
  /** As gRPC has it; undefined: none. */
  readonly status: number | undefined;
  readonly message: string;
}

/** How a call ends; `isWhole`: the client says that this was all. */
export async function outcomeOf(
  session: ClientHttp2Session,
  headersOfCall: Readonly<Record<string, string>>,
  body: Buffer = Buffer.alloc(0),
  isWhole = true,
): Promise<Outcome> {
  const stream = session.request(headersOfCall, { endStream: false });
  const seen: Record<string, unknown> = {};
  stream.on("response", (some) => Object.assign(seen, some));
  stream.on("trailers", (some) => Object.assign(seen, some));
  stream.on("error", () => undefined);
  stream.resume();
  stream.write(body);
  if (isWhole) stream.end();
  await Promise.race([once(stream, "end"), once(stream, "close")]);
  const status = seen["grpc-status"];
  return {
    http: Number(seen[":status"] ?? 0),
    status: status === undefined ? undefined : Number(status),
    message: decodeURIComponent(String(seen["grpc-message"] ?? "")),
  };
}
