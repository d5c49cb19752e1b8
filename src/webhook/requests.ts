/** One request: is it a review, is there room and time for it, what answers it, and what is said when nothing does. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Answer } from "./answer.ts";
import { Arriving } from "./arriving.ts";
import { readBody } from "./body.ts";
import type { BodyState } from "./body.ts";
import { completeReviews } from "./complete-reviews.ts";
import { close, endingsOf } from "./endings.ts";
import type { Headers, ReviewEvents } from "./endings.ts";
import { failures } from "./failure.ts";
import type { Failure } from "./failure.ts";
import type { ReviewLimits } from "./limits.ts";
import { linesOf } from "./lines.ts";
import type { ReviewConnections } from "./lines.ts";
import type { ReviewPath } from "./paths.ts";
import { inFlightReviews } from "./in-flight.ts";
import type { InFlightReviews, InFlightReview } from "./in-flight.ts";
import { isOfApiServer } from "./answer.ts";

export interface RequestOptions {
  readonly events: ReviewEvents;
  readonly limits: ReviewLimits;
  /** Answers are to carry `Connection: close` from now on. */
  readonly closing: () => boolean;
  /** Why no further reviews are taken now, if so. */
  readonly shut: () => Failure | undefined;
  readonly connections: ReviewConnections;
}

type Handle = (request: IncomingMessage, response: ServerResponse) => void;

export interface Requests {
  readonly inFlight: InFlightReviews;
  /** The request that a connection has now. */
  readonly requestOn: (socket: Socket) => InFlightReview | undefined;
  /** It is answered by other means: it holds nothing any more. */
  readonly giveUp: (one: InFlightReview) => void;
  /** Handler of requests for a path that takes reviews. */
  readonly receiveAt: (path: ReviewPath) => Handle;
  /** A request for any other path. */
  readonly lost: Handle;
  /** A request that the router could not handle. */
  readonly broken: (request: IncomingMessage, response: ServerResponse, error: unknown) => void;
}

/** Handlers for requests, which share one count of what is under way. */
export const handleRequests = ({ events, limits, closing, shut, connections }: RequestOptions): Requests => {
  const release = (one: InFlightReview): void => {
    arriving.end(one);
    complete.release(one);
  };
  const endings = endingsOf({ events, closing, release });
  const { refuse, refuseBusy, refuseAndClose, refuseShut, fault, late } = endings;
  const arriving = new Arriving<InFlightReview>(limits, (one, why) =>
    why === "slow" ? refuse(one, failures.slow, close) : refuseBusy(one, failures.crowded, close),
  );
  const inFlight = inFlightReviews({
    tick: limits.tick,
    expired: (one) => (one.head === undefined ? refuse(one, failures.slow, close) : late(one)),
    onLook: (now) => arriving.look(now),
  });
  const succeed = (one: InFlightReview, answer: Answer): void => {
    const isProof = isOfApiServer(answer);
    if (endings.succeed(one, answer) && isProof) connections.prove(one.request.socket);
  };
  const complete = completeReviews({ limits, lag: inFlight.lag, refuse, refuseBusy, succeed, fault });

  const keep = (one: InFlightReview, { bytes, held, pieces }: BodyState): boolean => {
    if (one.answered) return false;
    if (bytes > limits.bodyBytes) refuseAndClose(one, failures.tooLarge);
    else if (pieces > limits.pieces + bytes / limits.pieceBytes) refuse(one, failures.pieces, close);
    else arriving.grew(one, bytes, held);
    return !one.answered;
  };
  const completed = (one: InFlightReview, body: Buffer): void => {
    arriving.end(one);
    if (one.answered) return;
    if (body.length === 0) refuse(one, failures.empty);
    else complete.add(one, body);
  };
  const receive = (one: InFlightReview): void => {
    const { request } = one;
    const [failure, headers] = refusalOf(request) ?? [];
    if (failure !== undefined) return refuse(one, failure, headers);
    const closed = shut();
    if (closed !== undefined) return refuseShut(one, closed);
    const length = Number(request.headers["content-length"] ?? limits.bodyBytes);
    if (length > limits.bodyBytes) refuseAndClose(one, failures.tooLarge);
    else arriving.begin(one);
    readBody(request, length, { keep: (state) => keep(one, state), complete: (body) => completed(one, body) });
  };
  const lines = linesOf({ connections, inFlight, release });
  const withOne =
    (handle: (one: InFlightReview) => void, to?: ReviewPath): Handle =>
    (request, response) => {
      const one = lines.begin(request, response, to);
      if (one !== undefined) handle(one);
    };
  return {
    inFlight,
    requestOn: lines.requestOn,
    giveUp: (one) => {
      one.answered = true;
      release(one);
    },
    receiveAt: (path) => withOne(receive, path),
    lost: withOne((one) => refuse(one, failures.path)),
    broken: (request, response, error) => withOne((one) => fault(one, error))(request, response),
  };
};

const allow: Headers = { Allow: "POST" };

/** What the method and the headers alone forbid, with the headers that the answer needs. */
const refusalOf = ({ method, headers }: IncomingMessage): readonly [Failure, Headers?] | undefined => {
  if (headers.host === undefined) return [failures.noHost, close];
  if (method !== "POST") return [failures.method, allow];
  if (!isJson(headers["content-type"])) return [failures.contentType];
  if ((headers["content-encoding"] ?? "identity").toLowerCase() !== "identity") return [failures.contentEncoding];
  return undefined;
};

// None at all is refused too: every API server sends it, and other webhooks ask for it (controller-runtime does).
const isJson = (contentType: string | undefined): boolean =>
  contentType === "application/json" || contentType?.split(";", 1)[0]?.trim().toLowerCase() === "application/json";
