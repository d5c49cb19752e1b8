/** How a request ends: with the answer to its review, or with words that say why there is none. */
import type { Answer, ReviewRecord } from "./answer.ts";
import { failureBody, internalError, noAnswerInTime } from "./failure.ts";
import type { Failure } from "./failure.ts";
import type { InFlightReview } from "./in-flight.ts";

/** What the log and the metrics want to know. Milliseconds count from the request's headers. */
export interface ReviewEvents {
  readonly answered: (record: ReviewRecord | undefined, status: number, milliseconds: number) => void;
  /** Turned away before anything looked at the review. */
  readonly refused: (failure: Failure) => void;
  /** `AnswerReview` rejected or threw: HTTP 500. */
  readonly faulted: (error: unknown, milliseconds: number, uid: string | undefined) => void;
  /** `AnswerReview` did not answer in time: HTTP 500. */
  readonly late: (milliseconds: number, uid: string | undefined) => void;
}

export type Headers = Readonly<Record<string, string>>;
export const close: Headers = { Connection: "close" };
const retry: Headers = { "Retry-After": "1" };

export interface EndingOptions {
  readonly events: ReviewEvents;
  /** Answers are to carry `Connection: close` from now on. */
  readonly closing: () => boolean;
  /** Gives back what the request holds. */
  readonly release: (one: InFlightReview) => void;
}

export interface Endings {
  /** False when it has its answer already. */
  readonly succeed: (one: InFlightReview, answer: Answer) => boolean;
  readonly refuse: (one: InFlightReview, failure: Failure, headers?: Headers) => void;
  /** Whoever asks again later may be answered. */
  readonly refuseBusy: (one: InFlightReview, failure: Failure, headers?: Headers) => void;
  /** While its body is still coming. */
  readonly refuseAndClose: (one: InFlightReview, failure: Failure) => void;
  /** This replica takes no reviews now. */
  readonly refuseShut: (one: InFlightReview, failure: Failure) => void;
  readonly fault: (one: InFlightReview, error: unknown) => void;
  readonly late: (one: InFlightReview) => void;
}

export function endingsOf({ events, closing, release }: EndingOptions): Endings {
  const end = (one: InFlightReview, status: number, body: string, headers?: Headers): boolean => {
    if (one.answered) return false;
    release(one);
    answerWith(one, status, body, closing() ? { ...headers, ...close } : headers);
    return true;
  };
  const refuse = (one: InFlightReview, failure: Failure, headers?: Headers): void => {
    if (!end(one, failure.code, failureBody(failure), headers)) return;
    one.refused = true;
    events.refused(failure);
  };
  const retried = (one: InFlightReview): Headers => (one.to?.retried === true ? retry : {});
  const refuseAndClose = (one: InFlightReview, failure: Failure, headers?: Headers): void => {
    one.refused = true;
    release(one);
    closeAfter(one, failure, headers);
    events.refused(failure);
  };
  const since = (one: InFlightReview): number => performance.now() - one.since;
  return {
    succeed: (one, { status, body, headers, record }) => {
      if (!end(one, status, body, headers)) return false;
      events.answered(record, status, since(one));
      return true;
    },
    refuse,
    refuseBusy: (one, failure, headers) => refuse(one, failure, { ...retried(one), ...headers }),
    refuseAndClose,
    // On the same connection the next attempt would come here again: a new one may lead to another replica.
    refuseShut: (one, failure) => {
      refuseAndClose(one, failure, retried(one));
      one.request.resume();
    },
    fault: (one, error) => {
      const { uid } = one;
      events.faulted(error, since(one), uid);
      const failure = internalError(uid);
      end(one, failure.code, failureBody(failure));
    },
    late: (one) => {
      const [milliseconds, { uid }] = [since(one), one];
      const failure = noAnswerInTime(milliseconds, uid);
      if (end(one, failure.code, failureBody(failure))) events.late(milliseconds, uid);
    },
  };
}

function answerWith(one: InFlightReview, status: number, body: string, headers: Headers | undefined): void {
  one.answered = true;
  const head = headOf(body, headers);
  // As many bytes as characters: it is ASCII, and as Latin-1 it goes out without being converted.
  one.response.writeHead(status, head).end(body, head["Content-Length"] === body.length ? "latin1" : "utf8");
}

/**
 * The answer goes out now, but the connection closes only when the client has stopped sending, or had a moment for it:
 * closing earlier resets it, and the answer may be lost on the way (RFC 9112, section 9.6).
 */
function closeAfter(one: InFlightReview, failure: Failure, headers?: Headers): void {
  one.answered = true;
  const body = failureBody(failure);
  one.response.writeHead(failure.code, headOf(body, { ...headers, ...close })).write(body);
  one.request.once("end", () => one.response.end());
  setTimeout(() => one.response.end(), lingering).unref();
}

/** Milliseconds. */
const lingering = 1000;

const headOf = (body: string, headers: Headers | undefined): Record<string, string | number> => ({
  "Content-Type": "application/json",
  "Content-Length": Buffer.byteLength(body),
  ...headers,
});
