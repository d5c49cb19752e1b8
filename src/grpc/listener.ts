/**
 * A gRPC server behind TLS 1.3 that Node itself terminates. The proxy offers no ALPN to its control plane (contract 5.4),
 * which grpc-js takes for a client that cannot speak HTTP/2: so connections are accepted here and put into the server.
 */
import { setTimeout } from "node:timers/promises";
import type { Socket } from "node:net";
import { createServer } from "node:tls";
import type { TLSSocket, TlsOptions } from "node:tls";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import type { ServiceDefinition, UntypedServiceImplementation } from "@grpc/grpc-js";

/** Without host: every address of this machine. */
export interface GrpcAddress {
  readonly host?: string;
  readonly port: number;
}

export interface ListenerOptions {
  /** The address to listen on; port 0 takes any that is free. */
  readonly address: GrpcAddress;
  readonly identity: ListenerIdentity;
  /** `required`: who has no certificate of the mesh is refused in the handshake. */
  readonly clientCertificates: "optional" | "required";
  readonly services: readonly GrpcService[];
  /** After which a connection without TLS is cut off; milliseconds, 10 s without it. */
  readonly handshakeTimeout?: number;
  /** A handshake failed; code such as `ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE`. */
  readonly onRefused?: ((code: string) => void) | undefined;
  /** A client is connected; undefined: without a certificate of the mesh. */
  readonly onConnected?: ((identity: string | undefined) => void) | undefined;
}

/** What the server shows, and whom it trusts. All PEM. */
export interface ListenerIdentity {
  /** Leaf first, then its issuers. */
  readonly certificate: string;
  readonly key: string;
  readonly anchors: string;
}

export interface GrpcService {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
}

export interface Listener {
  readonly address: GrpcAddress;
  /** Handshakes from now on show this one; connections that are open stay. */
  readonly useIdentity: (identity: ListenerIdentity) => void;
  /** Connections that are open. */
  readonly connections: () => number;
  /**
   * Takes no new connections and asks clients to make theirs elsewhere; closes those that are still there after so many
   * milliseconds, with their streams.
   */
  readonly close: (grace?: number) => Promise<void>;
}

/** Starts to listen. Rejects when the address cannot be had. */
export async function listenGrpc(options: ListenerOptions): Promise<Listener> {
  const server = grpcServer(options.services);
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const requires = options.clientCertificates === "required";
  const tls = createServer({
    requestCert: true,
    rejectUnauthorized: requires,
    handshakeTimeout: options.handshakeTimeout ?? 10_000,
    ...context(options.identity),
  });
  const sockets = new Set<TLSSocket>();
  tls.on("secureConnection", (socket: TLSSocket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    // A peer that goes away is told to the server by the session; without a listener it would end the process.
    socket.on("error", () => undefined);
    socket.setNoDelay(true);
    // Node sets `false` where nothing was negotiated, and its HTTP/2 server then answers with an HTTP/1 error.
    socket.alpnProtocol = "h2";
    options.onConnected?.(peerIdentity(socket));
    injector.injectConnection(socket);
  });
  // From the first packet on: who never finishes the handshake must not hold up the end either.
  const knocking = new Set<Socket>();
  tls.on("connection", (socket: Socket) => {
    knocking.add(socket);
    socket.on("close", () => knocking.delete(socket));
  });
  tls.on("tlsClientError", (error: Error & { readonly code?: string }, socket: TLSSocket) => {
    options.onRefused?.(error.code ?? error.message);
    // Node leaves it open after ERR_TLS_HANDSHAKE_TIMEOUT.
    socket.destroy();
  });
  const address = await listening(tls, options.address);
  // Such as EMFILE: whoever knocks is not let in, and all others stay.
  tls.on("error", (error: NodeJS.ErrnoException) => options.onRefused?.(error.code ?? error.message));
  return {
    address,
    useIdentity: (identity) => tls.setSecureContext(context(identity)),
    connections: () => sockets.size,
    close: async (grace = 0) => {
      const closed = new Promise((resolve) => tls.close(resolve));
      if (grace > 0) {
        injector.drain(grace);
        await Promise.race([closed, setTimeout(grace, undefined, { ref: false })]);
      }
      server.forceShutdown();
      for (const socket of [...sockets, ...knocking]) socket.destroy();
      injector.destroy();
    },
  };
}

/** Who a peer proved to be; undefined: nobody of the mesh. */
export const peerIdentity = (socket: TLSSocket): string | undefined =>
  socket.authorized ? nameIn(socket.getPeerCertificate().subjectaltname) : undefined;

/** The first name in a certificate, as peers take it (contract 2.4). */
export const nameIn = (subjectaltname: string | undefined): string | undefined =>
  /^(?:DNS|URI):([^,]+)/.exec(subjectaltname ?? "")?.[1];

function grpcServer(services: readonly GrpcService[]): Server {
  const server = new Server({
    // Its records of every stream are read by nobody.
    "grpc.enable_channelz": 0,
    // A watch may have nothing to say for hours; without these a peer that vanished would keep its streams.
    "grpc.keepalive_time_ms": 20_000,
    "grpc.keepalive_timeout_ms": 20_000,
  });
  for (const { definition, implementation } of services) server.addService(definition, implementation);
  return server;
}

// All options each time: `setSecureContext` sets what is left out back to its default.
const context = ({ certificate, key, anchors }: ListenerIdentity): TlsOptions => ({
  cert: certificate,
  key,
  ca: anchors,
  minVersion: "TLSv1.3",
});

async function listening(server: ReturnType<typeof createServer>, address: GrpcAddress): Promise<GrpcAddress> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ ...address, backlog: 1024 }, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const bound = server.address();
  return { ...address, port: typeof bound === "object" && bound !== null ? bound.port : address.port };
}
