/** One request: is it a review, is there room and time for it, what answers it, and what is said when nothing does. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Answer, AnswerSummary } from "./answer.ts";
import { readBody } from "./body.ts";
import { failureBody, failures, internalError, noAnswerInTime } from "./failure.ts";
import type { Failure } from "./failure.ts";
import type { ReviewLimits } from "./limits.ts";
import type { ReviewPath } from "./paths.ts";
import { requestUid } from "./request-uid.ts";
import { timeoutOfUrl } from "./timeout.ts";
import { UnderWay, crowd } from "./under-way.ts";
import type { Crowd } from "./under-way.ts";

/** What the log and the metrics want to know. Milliseconds count from the request's headers. */
export interface ReviewEvents {
  readonly answered: (summary: AnswerSummary | undefined, status: number, milliseconds: number) => void;
  /** Turned away before anything looked at the review. */
  readonly refused: (failure: Failure) => void;
  /** `AnswerReview` rejected or threw: HTTP 500. */
  readonly faulted: (error: unknown, milliseconds: number, uid: string | undefined) => void;
  /** `AnswerReview` did not answer in time: HTTP 500. */
  readonly late: (milliseconds: number, uid: string | undefined) => void;
}

export interface RequestOptions {
  readonly events: ReviewEvents;
  readonly limits: ReviewLimits;
  /** Answers are to carry `Connection: close` from now on. */
  readonly closing: () => boolean;
  /** Why no further reviews are taken now, if so. */
  readonly shut: () => Failure | undefined;
}

type Headers = Readonly<Record<string, string>>;
type Handle = (request: IncomingMessage, response: ServerResponse) => void;

export interface Requests {
  readonly underWay: Crowd;
  /** Handler of requests for a path that takes reviews. */
  readonly receiveAt: (path: ReviewPath) => Handle;
  /** A request for any other path. */
  readonly lost: Handle;
  /** A request that the router could not handle. */
  readonly broken: (request: IncomingMessage, response: ServerResponse, error: unknown) => void;
}

/** Handlers for requests, which share one count of what is under way. */
export const handleRequests = ({ events, limits, closing, shut }: RequestOptions): Requests => {
  const timeoutOf = timeoutOfUrl();

  const end = ending(closing);
  const refuse = (one: UnderWay, failure: Failure, headers?: Headers): void => {
    if (end(one, failure.code, failureBody(failure), headers)) events.refused(failure);
  };
  const refuseBusy = (one: UnderWay, failure: Failure): void =>
    refuse(one, failure, one.to?.retried === true ? retry : undefined);
  const refuseAndClose = (one: UnderWay, failure: Failure, headers?: Headers): void => {
    closeAfter(one, failure, headers);
    events.refused(failure);
  };
  // On the same connection the next attempt would come here again: a new one may lead to another replica.
  const refuseShut = (one: UnderWay, failure: Failure): void => {
    refuseAndClose(one, failure, one.to?.retried === true ? retry : undefined);
    one.request.resume();
  };
  const fault = (one: UnderWay, error: unknown): void => {
    const uid = requestUid(one.body);
    events.faulted(error, performance.now() - one.since, uid);
    const failure = internalError(uid);
    end(one, failure.code, failureBody(failure));
  };
  const expired = (one: UnderWay): void => {
    if (one.body === undefined) return refuse(one, failures.slow, close);
    const milliseconds = performance.now() - one.since;
    const uid = requestUid(one.body);
    const failure = noAnswerInTime(milliseconds, uid);
    if (end(one, failure.code, failureBody(failure))) events.late(milliseconds, uid);
  };
  const underWay = crowd(limits.tick, expired);

  const succeed = (one: UnderWay, { status, body, headers, summary }: Answer): void => {
    if (end(one, status, body, headers)) events.answered(summary, status, performance.now() - one.since);
  };
  const review = (one: UnderWay, { answer }: ReviewPath, body: Buffer): void => {
    if (one.answered) return;
    if (body.length === 0) return refuse(one, failures.empty);
    if (performance.now() + underWay.lag() >= one.at) return refuseBusy(one, failures.overdue);
    one.body = body;
    const onFault = (error: unknown): void => fault(one, error);
    try {
      answer(body, one)
        .then((given) => succeed(one, given))
        .catch(onFault);
    } catch (error) {
      onFault(error);
    }
  };
  const keep = (one: UnderWay, bytes: number): boolean => {
    if (one.answered) return false;
    underWay.hold(one, bytes);
    if (one.held > limits.bodyBytes) refuseAndClose(one, failures.tooLarge);
    else if (underWay.held() > limits.heldBytes) refuseBusy(one, failures.crowded);
    return !one.answered;
  };
  const begin = (request: IncomingMessage, response: ServerResponse, to?: ReviewPath): UnderWay => {
    const one = new UnderWay({ request, response, to }, performance.now(), timeoutOf(request.url ?? ""));
    underWay.add(one);
    response.once("close", () => underWay.remove(one));
    return one;
  };
  return {
    underWay,
    receiveAt: (path) => (request, response) => {
      const one = begin(request, response, path);
      const [failure, headers] = refusalOf(request) ?? [];
      if (failure !== undefined) return refuse(one, failure, headers);
      const closed = shut();
      if (closed !== undefined) return refuseShut(one, closed);
      if (underWay.all.size > limits.underWay) return refuseBusy(one, failures.crowded);
      if (Number(request.headers["content-length"]) > limits.bodyBytes) refuseAndClose(one, failures.tooLarge);
      readBody(request, { keep: (bytes) => keep(one, bytes), complete: (body) => review(one, path, body) });
    },
    lost: (request, response) => refuse(begin(request, response), failures.path),
    broken: (request, response, error) => fault(begin(request, response), error),
  };
};

/** Answers a request; false when it has its answer already. */
const ending =
  (closing: () => boolean) =>
  (one: UnderWay, status: number, body: string, headers?: Headers): boolean => {
    if (one.answered) return false;
    one.answered = true;
    const head = headOf(body, closing() ? { ...headers, ...close } : headers);
    // As many bytes as characters: it is ASCII, and as Latin-1 it goes out without being converted.
    one.response.writeHead(status, head).end(body, head["Content-Length"] === body.length ? "latin1" : "utf8");
    return true;
  };

/**
 * The answer goes out now, but the connection closes only when the client has stopped sending: closing earlier resets
 * it, and the answer may be lost on the way (RFC 9112, section 9.6).
 */
function closeAfter(one: UnderWay, failure: Failure, headers?: Headers): void {
  one.answered = true;
  const body = failureBody(failure);
  one.response.writeHead(failure.code, headOf(body, { ...headers, ...close })).write(body);
  one.request.once("end", () => one.response.end());
}

const close: Headers = { Connection: "close" };
const retry: Headers = { "Retry-After": "1" };
const allow: Headers = { Allow: "POST" };

const headOf = (body: string, headers: Headers | undefined): Record<string, string | number> => ({
  "Content-Type": "application/json",
  "Content-Length": Buffer.byteLength(body),
  ...headers,
});

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
