/**
 * A client that speaks to the control plane as the proxy does: TLS 1.3 without ALPN, HTTP/2 with prior
 * knowledge, the server's name checked after the handshake, a client certificate once there is one. gRPC is written by
 * hand, since grpc-js always offers ALPN.
 */
import { X509Certificate, webcrypto } from "node:crypto";
import { once } from "node:events";
import { connect as connectHttp2, constants } from "node:http2";
import type { ClientHttp2Session, ClientHttp2Stream } from "node:http2";
import { connect as connectTls } from "node:tls";
import * as x509 from "@peculiar/x509";
import { serviceDefinition, serviceNames } from "../../src/grpc/protos.ts";
import type { ServiceName } from "../../src/grpc/protos.ts";

export interface ProxyClientOptions {
  /** `host`: this machine when absent; `localAddress`: where it comes from. */
  readonly address: { readonly host?: string; readonly port: number; readonly localAddress?: string };
  /** `_SVC_NAME`: has to be a DNS name of the server's certificate. */
  readonly name: string;
  /** PEM. */
  readonly anchors: string;
  /** The client's own, PEM; absent before the first certification. */
  readonly certificate?: { readonly chain: string; readonly key: string } | undefined;
}

export interface ProxyClient {
  readonly unary: (service: ServiceName, method: string, request: object) => Promise<unknown>;
  readonly stream: (service: ServiceName, method: string, request: object) => ProxyStream;
  /** What the server showed. */
  readonly peer: X509Certificate;
  readonly closed: Promise<unknown>;
  readonly close: () => void;
}

export interface ProxyStream {
  /** Every message so far. */
  readonly messages: readonly unknown[];
  /** Resolves with the message at this index when it has come; rejects when the stream ends before. */
  readonly message: (index: number) => Promise<unknown>;
  /** gRPC status when the server has ended it. */
  readonly ended: Promise<GrpcStatus>;
  readonly cancel: () => void;
  /** Stops and goes on reading: a slow reader. */
  readonly pause: () => void;
  readonly resume: () => void;
}

export interface GrpcStatus {
  readonly code: number;
  readonly message: string;
}

/** A call that ended with another status than OK. */
export class GrpcError extends Error {
  readonly status: GrpcStatus;

  constructor(status: GrpcStatus) {
    super(`gRPC status ${status.code}: ${status.message}`);
    this.status = status;
  }
}

/** Connects; rejects when the handshake fails or the server has another name. */
export async function proxyClient({ address, name, anchors, certificate }: ProxyClientOptions): Promise<ProxyClient> {
  const socket = connectTls({
    host: "127.0.0.1",
    ...address,
    servername: name,
    ca: anchors,
    minVersion: "TLSv1.3",
    // The name is looked at below: rustls, too, leaves the common name aside.
    checkServerIdentity: () => undefined,
    ...(certificate && { cert: certificate.chain, key: certificate.key }),
  });
  // With TLS 1.3 a server refuses a client's certificate after the handshake: the first thing heard tells.
  const refused = new Promise<never>((_, reject) => {
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("the server closed the connection")));
  });
  refused.catch(() => undefined);
  await Promise.race([once(socket, "secureConnect"), refused]);
  const peer = new X509Certificate(socket.getPeerCertificate().raw);
  if (!(peer.subjectAltName ?? "").split(", ").includes(`DNS:${name}`)) {
    socket.destroy();
    throw new Error(`certificate does not match TLS identity: ${peer.subjectAltName}`);
  }
  const session = connectHttp2(`http://${address.host ?? "127.0.0.1"}:${address.port}`, {
    createConnection: () => socket,
  });
  session.on("error", () => undefined);
  await Promise.race([once(session, "remoteSettings"), refused]);
  return {
    unary: async (service, method, request) => {
      const stream = open(session, service, method, request);
      const status = await stream.ended;
      if (status.code !== 0) throw new GrpcError(status);
      return stream.messages[0];
    },
    stream: (service, method, request) => open(session, service, method, request),
    peer,
    closed: new Promise((resolve) => session.once("close", resolve)),
    close: () => session.destroy(),
  };
}

function open(session: ClientHttp2Session, service: ServiceName, method: string, request: object): ProxyStream {
  const definition = serviceDefinition(service)[method];
  if (definition === undefined) throw new Error(`${service} has no method ${method}`);
  const call = session.request({
    [constants.HTTP2_HEADER_METHOD]: "POST",
    [constants.HTTP2_HEADER_SCHEME]: "http",
    [constants.HTTP2_HEADER_PATH]: `/${serviceNames[service]}/${method}`,
    "content-type": "application/grpc",
    te: "trailers",
  });
  const body = definition.requestSerialize(request);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(body.length, 1);
  call.end(Buffer.concat([head, body]));
  return following(call, (bytes) => definition.responseDeserialize(bytes));
}

function following(call: ClientHttp2Stream, read: (bytes: Buffer) => unknown): ProxyStream {
  const messages: unknown[] = [];
  let rest: Buffer = Buffer.alloc(0);
  let status: GrpcStatus | undefined;
  const statusIn = (headers: Readonly<Record<string, unknown>>): void => {
    const code = headers["grpc-status"];
    if (code === undefined) return;
    status = { code: Number(code), message: decodeURIComponent(String(headers["grpc-message"] ?? "")) };
  };
  call.on("response", statusIn);
  call.on("trailers", statusIn);
  call.on("data", (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 5 && rest.length >= 5 + rest.readUInt32BE(1)) {
      const end = 5 + rest.readUInt32BE(1);
      messages.push(read(rest.subarray(5, end)));
      rest = rest.subarray(end);
      call.emit("message");
    }
  });
  call.on("error", () => undefined);
  const ended = new Promise<GrpcStatus>((resolve) => {
    // Without a status of its own it was the connection that ended (gRPC over HTTP/2, "Responses": UNAVAILABLE).
    call.once("close", () => resolve(status ?? { code: 14, message: `stream closed (${call.rstCode})` }));
  });
  return {
    messages,
    message: async (index) => {
      while (messages.length <= index) {
        const over = await Promise.race([once(call, "message").then(() => undefined), ended]);
        if (over !== undefined && messages.length <= index) throw new GrpcError(over);
      }
      return messages[index];
    },
    ended,
    cancel: () => call.close(constants.NGHTTP2_CANCEL),
    pause: () => call.pause(),
    resume: () => call.resume(),
  };
}

/** What the proxy's start wrapper makes: a key, and a request for one name. */
export async function workloadRequest(name: string): Promise<{ readonly csr: Buffer; readonly key: string }> {
  x509.cryptoProvider.set(webcrypto);
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [name] }],
    keys,
    signingAlgorithm: algorithm,
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: "dns", value: name }])],
  });
  const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY");
  return { csr: Buffer.from(request.rawData), key };
}

export interface Certified {
  /** PEM, leaf first. */
  readonly chain: string;
  readonly validUntil: Date;
}

/** One call of Certify on a connection of its own, as the proxy does it. */
export async function certify(
  client: ProxyClient,
  asked: { readonly identity: string; readonly token: string; readonly csr: Buffer },
): Promise<Certified> {
  const answer = (await client.unary("identity", "Certify", {
    identity: asked.identity,
    token: Buffer.from(asked.token),
    certificate_signing_request: asked.csr,
  })) as {
    readonly leaf_certificate: Buffer;
    readonly intermediate_certificates?: readonly Buffer[];
    readonly valid_until: { readonly seconds: string };
  };
  const chain = [answer.leaf_certificate, ...(answer.intermediate_certificates ?? [])];
  return {
    chain: chain.map((der) => x509.PemConverter.encode(new Uint8Array(der), "CERTIFICATE")).join("\n"),
    validUntil: new Date(Number(answer.valid_until.seconds) * 1000),
  };
}

/** Milliseconds until the proxy asks again: 70 % of the life, from 10 s to 24 h. */
export const renewalAfter = (validUntil: Date, now: Date): number =>
  Math.min(24 * 3_600_000, Math.max(10_000, 0.7 * (validUntil.getTime() - now.getTime())));

export interface CertifiedProxyOptions extends Omit<ProxyClientOptions, "certificate"> {
  readonly identity: string;
  /** Reads the token's file; asked before each call. */
  readonly token: () => Promise<string>;
  readonly now: () => Date;
  readonly wait: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
}

export interface CertifiedProxy {
  /** The client's certificate now, and the key that never changes. */
  readonly certificate: () => { readonly chain: string; readonly key: string };
  /** How many times it was certified, and how many times that failed. */
  readonly certifications: () => number;
  readonly failures: () => number;
}

/**
 * A proxy's identity: certified, and again at 70 % of the life, each time on a connection of its own,
 * with the same request, the certificate of before and the token as it is then. Where that fails the certificate stays,
 * and is tried to renew by the same formula. Rejects when the first one fails.
 */
export async function certifiedProxy(options: CertifiedProxyOptions): Promise<CertifiedProxy> {
  const { identity, now, wait, signal } = options;
  const { csr, key } = await workloadRequest(identity);
  const ask = async (certificate?: ProxyClientOptions["certificate"]): Promise<Certified> => {
    const client = await proxyClient({ ...options, certificate });
    try {
      return await certify(client, { identity, token: await options.token(), csr });
    } finally {
      client.close();
    }
  };
  let { chain, validUntil } = await ask();
  let certifications = 1;
  let failures = 0;
  const renew = async (): Promise<void> => {
    while (!signal.aborted) {
      await wait(renewalAfter(validUntil, now()), signal);
      if (signal.aborted) return;
      try {
        ({ chain, validUntil } = await ask({ chain, key }));
        certifications += 1;
      } catch {
        failures += 1;
      }
    }
  };
  void renew();
  return { certificate: () => ({ chain, key }), certifications: () => certifications, failures: () => failures };
}
