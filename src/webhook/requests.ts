/** One request: is it a review, is there room and time for it, what answers it, and what is said when nothing does. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Answer } from "./answer.ts";
import { Arriving } from "./arriving.ts";
import { readBody } from "./body.ts";
import type { BodyState } from "./body.ts";
import { completeReviews } from "./complete-reviews.ts";
import type { CompleteReviews } from "./complete-reviews.ts";
import { close, endingsOf } from "./endings.ts";
import type { Endings, Headers, ReviewEvents } from "./endings.ts";
import { failures } from "./failure.ts";
import type { Failure } from "./failure.ts";
import type { ReviewLimits } from "./limits.ts";
import { linesOf } from "./lines.ts";
import type { Lines, ReviewConnections } from "./lines.ts";
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
export const handleRequests = (options: RequestOptions): Requests => new RequestHandlers(options);

class RequestHandlers implements Requests {
  readonly #options: RequestOptions;
  readonly #endings: Endings;
  /** Bodies that are still coming. */
  readonly #arriving: Arriving<InFlightReview>;
  readonly #complete: CompleteReviews;
  readonly #lines: Lines;
  readonly inFlight: InFlightReviews;

  constructor(options: RequestOptions) {
    const { events, limits, closing, connections } = options;
    const release = (one: InFlightReview): void => this.#release(one);
    this.#options = options;
    this.#endings = endingsOf({ events, closing, release });
    const { refuse, refuseBusy, fault, late } = this.#endings;
    this.#arriving = new Arriving<InFlightReview>(limits, (one, why) =>
      why === "slow" ? refuse(one, failures.slow, close) : refuseBusy(one, failures.crowded, close),
    );
    this.inFlight = inFlightReviews({
      tick: limits.tick,
      expired: (one) => (one.head === undefined ? refuse(one, failures.slow, close) : late(one)),
      onLook: (now) => this.#arriving.look(now),
    });
    const succeed = (one: InFlightReview, answer: Answer): void => this.#succeed(one, answer);
    this.#complete = completeReviews({ limits, lag: this.inFlight.lag, refuse, refuseBusy, succeed, fault });
    this.#lines = linesOf({ connections, inFlight: this.inFlight, release });
  }

  readonly requestOn = (socket: Socket): InFlightReview | undefined => this.#lines.requestOn(socket);

  readonly giveUp = (one: InFlightReview): void => {
    one.answered = true;
    this.#release(one);
  };

  readonly receiveAt = (path: ReviewPath): Handle => this.#withOne((one) => this.#receive(one), path);

  readonly lost: Handle = (request, response) =>
    this.#withOne((one) => this.#endings.refuse(one, failures.path))(request, response);

  readonly broken = (request: IncomingMessage, response: ServerResponse, error: unknown): void =>
    this.#withOne((one) => this.#endings.fault(one, error))(request, response);

  #withOne(handle: (one: InFlightReview) => void, to?: ReviewPath): Handle {
    return (request, response) => {
      const one = this.#lines.begin(request, response, to);
      if (one !== undefined) handle(one);
    };
  }

  #receive(one: InFlightReview): void {
    const { request } = one;
    const { limits, shut } = this.#options;
    const [failure, headers] = refusalOf(request) ?? [];
    if (failure !== undefined) return this.#endings.refuse(one, failure, headers);
    const closed = shut();
    if (closed !== undefined) return this.#endings.refuseShut(one, closed);
    const length = Number(request.headers["content-length"] ?? limits.bodyBytes);
    if (length > limits.bodyBytes) this.#endings.refuseAndClose(one, failures.tooLarge);
    else this.#arriving.begin(one);
    readBody(request, length, {
      keep: (state) => this.#keep(one, state),
      complete: (body) => this.#completed(one, body),
    });
  }

  #keep(one: InFlightReview, { bytes, held, pieces }: BodyState): boolean {
    if (one.answered) return false;
    const { limits } = this.#options;
    if (bytes > limits.bodyBytes) this.#endings.refuseAndClose(one, failures.tooLarge);
    else if (pieces > limits.pieces + bytes / limits.pieceBytes) this.#endings.refuse(one, failures.pieces, close);
    else this.#arriving.grew(one, bytes, held);
    return !one.answered;
  }

  #completed(one: InFlightReview, body: Buffer): void {
    this.#arriving.end(one);
    if (one.answered) return;
    if (body.length === 0) this.#endings.refuse(one, failures.empty);
    else this.#complete.add(one, body);
  }

  #succeed(one: InFlightReview, answer: Answer): void {
    const isProof = isOfApiServer(answer);
    if (this.#endings.succeed(one, answer) && isProof) this.#options.connections.prove(one.request.socket);
  }

  #release(one: InFlightReview): void {
    this.#arriving.end(one);
    this.#complete.release(one);
  }
}

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
