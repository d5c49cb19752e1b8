/**
 * The webhook on the wire: HTTPS with HTTP/1.1, which is what API servers speak to webhooks. Requests that are no
 * reviews are refused here, each with its status and a `Status` body; the others go to an `AnswerReview`.
 */
import { createServer } from "node:https";
import type { ServerOptions } from "node:https";
import { listen } from "../net/address.ts";
import type { Address } from "../net/address.ts";
import { guardConnections } from "../net/connection-guard.ts";
import type { ConnectionGuard } from "../net/connection-guard.ts";
import type { CutReason } from "../net/connection-table.ts";
import { answerBrokenHttp } from "./client-error.ts";
import { certificates } from "./client-certificates.ts";
import type { ClientCertificates } from "./client-certificates.ts";
import { openConnections } from "./connections.ts";
import { failures } from "./failure.ts";
import type { Failure } from "./failure.ts";
import { defaultLimits } from "./limits.ts";
import type { ReviewLimits } from "./limits.ts";
import type { ReviewPath } from "./paths.ts";
import { handleRequests } from "./requests.ts";
import type { ReviewEvents } from "./endings.ts";
import { routed } from "./routes.ts";
import { stopGently } from "./stop.ts";
import type { Phase } from "./stop.ts";

/** Certificate chain (leaf first) and key as PEM text. */
interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

export interface ReviewServerOptions {
  readonly address: Address;
  readonly pair: KeyPair;
  readonly paths: readonly ReviewPath[];
  /** False: what answers need to know is not there yet, and reviews get a 503. Not asked again once it is. */
  readonly ready: () => boolean;
  readonly events: ReviewEvents;
  /** Whose certificates prove that a client is an API server; absent: none is asked for. */
  readonly clients?: ClientCertificates | undefined;
  /** Told of each connection that is closed for a bound. */
  readonly onCut?: (reason: CutReason) => void;
  readonly limits?: Partial<ReviewLimits>;
}

export interface ReviewServer {
  readonly address: Address;
  readonly phase: () => Phase;
  /** How many requests are under way. */
  readonly inFlight: () => number;
  /** Takes another pair from the next handshake on; connections that exist live on. */
  readonly usePair: (pair: KeyPair) => void;
  /** The same for the PEM text of `clients`. */
  readonly useClientAuthority: (authority: string) => void;
  readonly connections: ConnectionGuard;
  /** Resolves when the last connection is closed after `signal` aborted. */
  readonly stopped: Promise<void>;
}

/** Serves reviews until `signal` aborts, then stops gently. Rejects when the address cannot be had or the pair is of no use. */
export const serveReviews = async (options: ReviewServerOptions, signal: AbortSignal): Promise<ReviewServer> => {
  const limits = { ...defaultLimits, ...options.limits };
  const { events, paths, ready } = options;
  let phase: Phase = "serving";
  let isReady = false;
  const closing = (): boolean => phase === "last call" || phase === "draining";
  const shut = (): Failure | undefined => {
    if (phase === "draining") return failures.stopping;
    isReady ||= ready();
    return isReady ? undefined : failures.starting;
  };
  const tls = tlsOptions(options);
  const server = createServer({ ...tls.now(), ...tls.fixed, ...httpOptions(limits) });
  const open = openConnections(server);
  const connections = guardConnections(server, { bounds: limits.connections, onCut: options.onCut });
  const certified = certificates(server, connections, options.clients);
  const { inFlight, requestOn, giveUp, receiveAt, lost, broken } = handleRequests({
    events,
    limits,
    closing,
    shut,
    connections: { ...connections, ...certified },
  });
  const handlers = new Map(paths.map((each) => [each.path, receiveAt(each)]));
  server.on("request", routed({ handlers, lost, broken }));
  const { refused } = events;
  answerBrokenHttp(server, { requestOn, giveUp, refused, unusedTimeout: limits.keepAliveTimeout });
  const { destroyAll } = connections;
  const enter = (next: Phase): void => void (phase = next);
  const stopped = stopGently({ server, open, destroyAll, limits, enter }, signal).finally(inFlight.stop);
  const address = await listen(server, options.address).catch((error: unknown) => {
    inFlight.stop();
    throw error;
  });
  return {
    address,
    phase: () => phase,
    inFlight: () => inFlight.all.size,
    // It replaces every TLS option, not only what is new.
    usePair: (pair) => server.setSecureContext(tls.withPair(pair)),
    useClientAuthority: (authority) => server.setSecureContext(tls.withAuthority(authority)),
    connections,
    stopped,
  };
};

/** What there is of TLS: a part that may change, and one that may not. */
function tlsOptions({ pair, clients }: Pick<ReviewServerOptions, "pair" | "clients">) {
  let [served, authority] = [pair, clients?.authority];
  const now = () =>
    ({
      cert: served.certificate,
      key: served.key,
      minVersion: "TLSv1.3",
      ...(authority === undefined ? {} : { ca: authority }),
    }) as const;
  return {
    now,
    fixed: clients === undefined ? {} : { requestCert: true, rejectUnauthorized: clients.required },
    withPair: (next: KeyPair) => ((served = next), now()),
    withAuthority: (next: string) => ((authority = next), now()),
  };
}

const httpOptions = (limits: ReviewLimits): ServerOptions => ({
  keepAliveTimeout: limits.keepAliveTimeout,
  headersTimeout: limits.headersTimeout,
  requestTimeout: limits.requestTimeout,
  connectionsCheckingInterval: limits.connectionTick,
  handshakeTimeout: limits.handshakeTimeout,
  // Node would answer without a body.
  requireHostHeader: false,
});
