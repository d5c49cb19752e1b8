/**
 * A gRPC server behind TLS 1.3 that Node itself terminates. The proxy offers no ALPN to its control plane (contract 5.4),
 * which grpc-js takes for a client that cannot speak HTTP/2: so connections are accepted here and put into the server.
 */
import type { Server as NetServer } from "node:net";
import { setTimeout } from "node:timers/promises";
import { createServer } from "node:tls";
import type { TLSSocket, TlsOptions } from "node:tls";
import { Server, ServerCredentials, logVerbosity, setLogVerbosity } from "@grpc/grpc-js";
import type { ServiceDefinition, UntypedServiceImplementation } from "@grpc/grpc-js";
import { peerName } from "../core/identity/peer-name.ts";
import { admission } from "./admission.ts";
import { guardStreams } from "./guard.ts";
import { limitsForAnybody, limitsForTheMesh } from "./limits.ts";
import type { ListenerLimits } from "./limits.ts";

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
  /** Usually those for who may connect. */
  readonly limits?: Partial<ListenerLimits>;
  /** A handshake failed, or there was none; code such as `ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE`. */
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
  const requires = options.clientCertificates === "required";
  const limits = { ...(requires ? limitsForTheMesh : limitsForAnybody), ...options.limits };
  const refused = (code: string): void => options.onRefused?.(code);
  const server = grpcServer(options.services, limits);
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  guardStreams(server);
  const tls = createServer({
    requestCert: true,
    rejectUnauthorized: requires,
    handshakeTimeout: limits.handshake,
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
  tls.on("tlsClientError", (error: NodeJS.ErrnoException, socket) => {
    // After a handshake that took too long Node leaves it open.
    socket.destroy();
    refused(error.code ?? error.message);
  });
  const door = admission({
    limits,
    onAdmitted: (socket) => tls.emit("connection", socket),
    onTurnedAway: refused,
  });
  const address = await listening(door.server, options.address);
  // Such as EMFILE: whoever knocks is not let in, and all others stay.
  door.server.on("error", (error: NodeJS.ErrnoException) => refused(error.code ?? error.message));
  return {
    address,
    useIdentity: (identity) => tls.setSecureContext(context(identity)),
    connections: () => sockets.size,
    close: async (grace = 0) => {
      const closed = new Promise((resolve) => door.server.close(resolve));
      if (grace > 0) {
        injector.drain(grace);
        await Promise.race([closed, setTimeout(grace, undefined, { ref: false })]);
      }
      server.forceShutdown();
      door.destroyAll();
      injector.destroy();
    },
  };
}

/** Who a peer proved to be; undefined: nobody of the mesh. */
export function peerIdentity(socket: TLSSocket): string | undefined {
  // Node gives null, whatever its types say, when the connection has ended.
  const certificate: { readonly subjectaltname?: string } | null = socket.authorized
    ? socket.getPeerCertificate()
    : null;
  return peerName(certificate?.subjectaltname ?? "");
}

function grpcServer(services: readonly GrpcService[], { streams, message, age }: ListenerLimits): Server {
  // It would write what a client sent to standard error, past the log.
  setLogVerbosity(logVerbosity.NONE);
  const server = new Server({
    "grpc.max_concurrent_streams": streams,
    "grpc.max_receive_message_length": message,
    ...(age !== undefined && { "grpc.max_connection_age_ms": age, "grpc.max_connection_age_grace_ms": age / 2 }),
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

async function listening(server: NetServer, address: GrpcAddress): Promise<GrpcAddress> {
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
