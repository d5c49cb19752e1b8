/**
 * The webhook on the wire: HTTPS with HTTP/1.1, which is what API servers speak to webhooks. Requests that are no
 * reviews are refused here, each with its status and a `Status` body; the others go to an `AnswerReview`.
 */
import { createServer } from "node:https";
import type { ServerOptions } from "node:https";
import { listen } from "./address.ts";
import type { Address } from "./address.ts";
import { answerBrokenHttp } from "./client-error.ts";
import { failures } from "./failure.ts";
import type { Failure } from "./failure.ts";
import { usualLimits } from "./limits.ts";
import type { ReviewLimits } from "./limits.ts";
import type { ReviewPath } from "./paths.ts";
import { handleRequests } from "./requests.ts";
import type { ReviewEvents } from "./requests.ts";
import { routed } from "./routes.ts";
import { stopGently } from "./stop.ts";
import type { Phase } from "./stop.ts";

/** Certificate chain (leaf first) and key as PEM text. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

export interface ReviewServerOptions {
  readonly address: Address;
  readonly pair: KeyPair;
  readonly paths: readonly ReviewPath[];
  /** False: what answers need to know is not there yet, and reviews get a 503. */
  readonly ready: () => boolean;
  readonly events: ReviewEvents;
  readonly limits?: Partial<ReviewLimits>;
}

export interface ReviewServer {
  readonly address: Address;
  readonly phase: () => Phase;
  /** How many requests are under way. */
  readonly underWay: () => number;
  /** Takes another pair from the next handshake on; connections that exist live on. */
  readonly usePair: (pair: KeyPair) => void;
  /** Resolves when the last connection is closed after `signal` aborted. */
  readonly stopped: Promise<void>;
}

/** Serves reviews until `signal` aborts, then stops gently. Rejects when the address cannot be had or the pair is of no use. */
export const serveReviews = async (options: ReviewServerOptions, signal: AbortSignal): Promise<ReviewServer> => {
  const limits = { ...usualLimits, ...options.limits };
  const { events, paths, ready } = options;
  let phase: Phase = "serving";
  const closing = (): boolean => phase === "last call" || phase === "draining";
  const shut = (): Failure | undefined =>
    phase === "draining" ? failures.stopping : ready() ? undefined : failures.starting;
  const { underWay, receiveAt, lost, broken } = handleRequests({ events, limits, closing, shut });
  const handlers = new Map(paths.map((each) => [each.path, receiveAt(each)]));
  const server = createServer(
    { ...tlsOptions(options.pair), ...httpOptions(limits) },
    routed({ handlers, lost, broken }),
  );
  const { refused } = events;
  answerBrokenHttp(server, { requests: underWay.all, refused, unusedTimeout: limits.keepAliveTimeout });
  const stopped = stopGently(server, limits, signal, (next) => (phase = next)).finally(underWay.stop);
  const address = await listen(server, options.address).catch((error: unknown) => {
    underWay.stop();
    throw error;
  });
  return {
    address,
    phase: () => phase,
    underWay: () => underWay.all.size,
    // It replaces every TLS option, not only the pair.
    usePair: (pair) => server.setSecureContext(tlsOptions(pair)),
    stopped,
  };
};

const tlsOptions = ({ certificate, key }: KeyPair) => ({ cert: certificate, key, minVersion: "TLSv1.3" }) as const;

const httpOptions = (limits: ReviewLimits): ServerOptions => ({
  keepAliveTimeout: limits.keepAliveTimeout,
  headersTimeout: limits.headersTimeout,
  requestTimeout: limits.requestTimeout,
  connectionsCheckingInterval: limits.connectionTick,
  handshakeTimeout: limits.headersTimeout,
  // Node would answer without a body.
  requireHostHeader: false,
});
