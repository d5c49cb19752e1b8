/**
 * A gRPC server behind TLS 1.3 that Node itself terminates. The proxy offers no ALPN to its control plane,
 * which grpc-js takes for a client that cannot speak HTTP/2: so connections are accepted here and put into the server. Who
 * offers `h2` is answered `h2`, without which gRPC's Go clients leave; who offers other protocols alone is refused with the
 * alert for that (RFC 7301, 3.2).
 */
import { setTimeout as pause } from "node:timers/promises";
import { createServer } from "node:tls";
import type { TLSSocket, TlsOptions } from "node:tls";
import { Server, ServerCredentials, logVerbosity, setLogVerbosity, status } from "@grpc/grpc-js";
import type { ServerUnaryCall, ServiceDefinition, UntypedServiceImplementation, sendUnaryData } from "@grpc/grpc-js";
import { listening } from "../net/address.ts";
import type { Address } from "../net/address.ts";
import { guardConnections } from "../net/connection-guard.ts";
import type { CutReason } from "../net/connection-table.ts";
import { StreamGuard } from "./guard.ts";
import { limitsForAnybody, limitsForTheMesh } from "./limits.ts";
import type { ListenerLimits } from "./limits.ts";
import { Peers } from "./peers.ts";
import type { Connection, Peer, PeerCut } from "./peers.ts";
import type { RequestRefusal } from "./requests.ts";

export interface ListenerOptions {
  /** The address to listen on; port 0 takes any that is free. */
  readonly address: Address;
  readonly identity: ListenerIdentity;
  /** `required`: who has no certificate of the mesh is refused in the handshake. */
  readonly clientCertificates: "optional" | "required";
  readonly services: readonly GrpcService[];
  /** Usually those for who may connect. */
  readonly limits?: Partial<ListenerLimits>;
  /** A handshake failed, or there was none; code such as `ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE`. */
  readonly onRefused?: ((code: string) => void) | undefined;
  /** A bound has turned somebody away: whose certificate was seen, or undefined. */
  readonly onTurnedAway?: ((reason: TurnedAway, identity?: string) => void) | undefined;
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

type TurnedAway = CutReason | PeerCut | RequestRefusal;

/** Handlers are told who calls. */
export interface GrpcService {
  readonly definition: ServiceDefinition;
  /** By the method's name; those of one answer get the function that takes it. */
  readonly implementation: Readonly<Record<string, (call: never, peer: Peer, answer: never) => void>>;
}

export interface Listener {
  readonly address: Address;
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

const protocol = "h2";

/** How often connections are looked at; milliseconds. */
const lookEvery = 100;

/** Starts to listen. Rejects when the address cannot be had. */
export async function listenGrpc(options: ListenerOptions): Promise<Listener> {
  const requires = options.clientCertificates === "required";
  const limits = { ...(requires ? limitsForTheMesh : limitsForAnybody), ...options.limits };
  const refused = (code: string): void => options.onRefused?.(code);
  const onTurnedAway = (reason: TurnedAway, identity?: string): void => options.onTurnedAway?.(reason, identity);
  const server = grpcServer(limits);
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const streams = new StreamGuard(server, { limits, onRefused: onTurnedAway });
  for (const service of options.services) server.addService(service.definition, handlers(service, streams));
  const tls = createServer({
    requestCert: true,
    rejectUnauthorized: requires,
    handshakeTimeout: limits.handshake,
    ALPNProtocols: [protocol],
    ...context(options.identity),
  });
  const guard = guardConnections(tls, { bounds: limits, onCut: onTurnedAway });
  const peers = new Peers({ limits, guard, onCut: onTurnedAway });
  tls.on("secureConnection", (socket: TLSSocket) => {
    const peer = accepted(socket, peers);
    if (peer === undefined) return;
    options.onConnected?.(peer.identity);
    whenItSpeaks(peer, socket, limits.handshake, () =>
      streams.inject(peer, socket, (stream) => injector.injectConnection(stream)),
    );
  });
  tls.on("tlsClientError", (error: NodeJS.ErrnoException, socket) => {
    // After a handshake that took too long Node leaves it open.
    socket.destroy();
    refused(error.code ?? error.message);
  });
  const address = { ...options.address, port: await listening(tls, options.address) };
  // Such as EMFILE: whoever knocks is not let in, and all others stay.
  tls.on("error", (error: NodeJS.ErrnoException) => refused(error.code ?? error.message));
  const looking = setInterval(() => {
    peers.look();
    streams.look();
  }, lookEvery).unref();
  return {
    address,
    useIdentity: (identity) => tls.setSecureContext(context(identity)),
    connections: () => peers.size,
    close: async (grace = 0) => {
      const closed = new Promise((resolve) => tls.close(resolve));
      if (grace > 0) {
        injector.drain(grace);
        await Promise.race([closed, pause(grace, undefined, { ref: false })]);
      }
      clearInterval(looking);
      server.forceShutdown();
      guard.destroyAll();
      injector.destroy();
    },
  };
}

function accepted(socket: TLSSocket, peers: Peers): Connection | undefined {
  // A peer that goes away is told to the server by the session; without a listener it would end the process.
  socket.on("error", () => undefined);
  socket.setNoDelay(true);
  return peers.add(socket);
}

/** Until it says something it costs no more than its handshake did; who says nothing for so many milliseconds is cut. */
function whenItSpeaks(peer: Connection, socket: TLSSocket, within: number, serve: () => void): void {
  const late = setTimeout(() => peer.cut("NO_REQUEST"), within).unref();
  socket
    .once("close", () => clearTimeout(late))
    .once("readable", () => {
      clearTimeout(late);
      if (!socket.destroyed) serve();
    });
}

/** As grpc-js calls them, with the peer, and with an ear for the end. */
function handlers({ definition, implementation }: GrpcService, streams: StreamGuard): UntypedServiceImplementation {
  const rows = Object.entries(implementation).map(([method, handle]) => {
    // Types of grpc-js are of no help here: which of both it is follows from the definition.
    const given = handle as (call: unknown, peer: Peer, answer?: sendUnaryData<unknown>) => void;
    const unary = (call: ServerUnaryCall<unknown, unknown>, answer: sendUnaryData<unknown>): void => {
      const served = streams.served(call);
      if (served === undefined) return answer({ code: status.CANCELLED });
      given(call, served.connection, (...result) => {
        answer(...result);
        served.over();
      });
    };
    const streaming = (call: ServerUnaryCall<unknown, unknown>): void => {
      const served = streams.served(call);
      if (served === undefined) return void call.emit("error", { code: status.CANCELLED, details: "gone" });
      call.on("error", served.over);
      call.on("finish", served.over);
      given(call, served.connection);
    };
    return [method, definition[method]?.responseStream === true ? streaming : unary] as const;
  });
  return Object.fromEntries(rows);
}

function grpcServer({ streams, message, age, idle, resets }: ListenerLimits): Server {
  // It would write what a client sent to standard error, past the log.
  setLogVerbosity(logVerbosity.NONE);
  const server = new Server({
    "grpc.max_concurrent_streams": streams,
    "grpc.max_receive_message_length": message,
    ...(age !== undefined && { "grpc.max_connection_age_ms": age, "grpc.max_connection_age_grace_ms": age / 2 }),
    ...(idle !== undefined && { "grpc.max_connection_idle_ms": idle }),
    // Its records of every stream are read by nobody.
    "grpc.enable_channelz": 0,
    // A watch may have nothing to say for hours; without these a peer that vanished would keep its streams.
    "grpc.keepalive_time_ms": 20_000,
    "grpc.keepalive_timeout_ms": 20_000,
  });
  // Node ends a connection as well, without a word of why, but does not see its streams end in between: ours comes first.
  Object.assign(http2OptionsOf(server), { streamResetBurst: 2 * resets.atOnce, streamResetRate: 2 * resets.perSecond });
  return server;
}

/** Those of Node's HTTP/2 server that grpc-js has no option for. */
function http2OptionsOf(server: Server): object {
  const options: unknown = Reflect.get(server, "commonServerOptions");
  if (typeof options !== "object" || options === null) throw new Error("grpc-js keeps its HTTP/2 options elsewhere");
  return options;
}

// All options each time: `setSecureContext` sets what is left out back to its default.
const context = ({ certificate, key, anchors }: ListenerIdentity): TlsOptions => ({
  cert: certificate,
  key,
  ca: anchors,
  minVersion: "TLSv1.3",
});
