/** Connections and the request that each has: one at a time. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { addressGroup } from "../net/address-group.ts";
import type { ConnectionGuard } from "../net/connection-guard.ts";
import { endPipeline } from "../net/pipeline.ts";
import type { ReviewPath } from "./paths.ts";
import { timeoutOfUrl } from "./timeout.ts";
import { InFlightReview } from "./in-flight.ts";
import type { InFlightReviews } from "./in-flight.ts";

/** The connections that requests come on. */
export interface ReviewConnections extends Pick<ConnectionGuard, "mark" | "prove"> {
  /** It showed a certificate of those who may review. */
  readonly isCertified: (socket: Socket) => boolean;
}

export interface LineOptions {
  readonly connections: ReviewConnections;
  readonly inFlight: InFlightReviews;
  /** Gives back what a request holds. */
  readonly release: (one: InFlightReview) => void;
}

export interface Lines {
  /** Undefined: it came ahead of the answer to the last one, and its connection was closed. */
  readonly begin: (request: IncomingMessage, response: ServerResponse, to?: ReviewPath) => InFlightReview | undefined;
  /** The request that a connection has now. */
  readonly requestOn: (socket: Socket) => InFlightReview | undefined;
}

/** What is known of a connection. */
interface Line {
  readonly from: string;
  readonly certified: boolean;
  current: InFlightReview | undefined;
}

export function linesOf({ connections, inFlight, release }: LineOptions): Lines {
  const timeoutOf = timeoutOfUrl();
  const lines = new WeakMap<Socket, Line>();
  const lineOf = (socket: Socket): Line => {
    const known = lines.get(socket);
    if (known !== undefined) return known;
    const from = addressGroup(socket.remoteAddress);
    const line: Line = { from, certified: connections.isCertified(socket), current: undefined };
    lines.set(socket, line);
    return line;
  };
  return {
    begin: (request, response, to) => {
      const { socket } = request;
      const line = lineOf(socket);
      // No API server sends a request before it has the answer to the last one; a stranger could send thousands.
      if (socket.destroyed || (line.current !== undefined && isUnread(line.current))) {
        endPipeline(socket);
        return undefined;
      }
      const { from, certified } = line;
      const options = { request, response, to, from, certified };
      const one = new InFlightReview(options, performance.now(), timeoutOf(request.url ?? ""));
      line.current = one;
      connections.mark(socket, "busy");
      inFlight.add(one);
      response.once("close", () => {
        release(one);
        inFlight.remove(one);
        if (line.current !== one) return;
        line.current = undefined;
        connections.mark(socket, "idle");
      });
      return one;
    },
    requestOn: (socket) => lines.get(socket)?.current,
  };
}

/** A review's answer may be read before Node says that it went out. A refusal is made at once, before any of it went. */
const isUnread = ({ answered, refused }: InFlightReview): boolean => !answered || refused;
