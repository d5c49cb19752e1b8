/**
 * What the HTTP layer says when it cannot let a review through. Each body is a Kubernetes `Status` (meta/v1): an API
 * server reads it as an error of its own kind and quotes `message` to the user.
 */
import { defaultLimits } from "./limits.ts";

/** One way to fail. */
export interface Failure {
  readonly code: number;
  /** A StatusReason of meta/v1 where it has one for the code. */
  readonly reason: string;
  readonly message: string;
}

const bad = (message: string): Failure => ({ code: 400, reason: "BadRequest", message });

/** Each with the words that name the problem and what would be right. */
export const failures = {
  path: {
    code: 404,
    reason: "NotFound",
    message: "no such path, reviews go to those that weft registers, / or /inject",
  },
  method: { code: 405, reason: "MethodNotAllowed", message: "reviews are sent with POST" },
  contentType: {
    code: 415,
    reason: "UnsupportedMediaType",
    message: "the content type of a review is application/json",
  },
  contentEncoding: {
    code: 415,
    reason: "UnsupportedMediaType",
    message: "a review is sent without content encoding",
  },
  tooLarge: {
    code: 413,
    reason: "RequestEntityTooLarge",
    message: `the review is larger than ${defaultLimits.bodyBytes} bytes`,
  },
  pieces: bad("the request's body comes in too many pieces"),
  empty: bad("the request has no body, a review was expected"),
  cutOff: bad("the request ended before it was complete"),
  noHost: bad("the request has no Host header (RFC 9112, section 3.2)"),
  expectation: { code: 417, reason: "BadRequest", message: "only the expectation 100-continue can be met" },
  headersTooLarge: { code: 431, reason: "BadRequest", message: "the request's headers are larger than 16384 bytes" },
  slow: { code: 408, reason: "Timeout", message: "the request took too long to arrive" },
  crowded: { code: 503, reason: "ServiceUnavailable", message: "too many reviews are under way" },
  overdue: {
    code: 503,
    reason: "ServiceUnavailable",
    message: "too busy to answer before the deadline",
  },
  starting: {
    code: 503,
    reason: "ServiceUnavailable",
    message: "weft is starting and has not read the namespaces yet",
  },
  stopping: { code: 503, reason: "ServiceUnavailable", message: "weft is stopping" },
} as const satisfies Record<string, Failure>;

/** More than weft reads, in words. */
export const tooMuch = (message: string): Failure => ({ code: 413, reason: "RequestEntityTooLarge", message });

/** Broken HTTP, with the parser's code for it. */
export const brokenHttp = (parserCode: string): Failure => bad(`the request is not valid HTTP/1.1 (${parserCode})`);

const named = (uid: string | undefined): string => (uid === undefined ? "" : `, request uid ${uid}`);

/** A fault of ours. Says nothing of its cause: that is in the log, under the same uid. */
export const internalError = (uid: string | undefined): Failure => ({
  code: 500,
  reason: "InternalError",
  message: `internal error, see the log of weft${named(uid)}`,
});

// 500 and not 503: no retry can help, as the API server's own time is up too, and its text reaches the user under
// failurePolicy Fail.
/** The deadline came before the answer. */
export const noAnswerInTime = (milliseconds: number, uid: string | undefined): Failure => ({
  code: 500,
  reason: "InternalError",
  message: `no answer within ${Math.round(milliseconds)} ms, see the log of weft${named(uid)}`,
});

const bodies = new WeakMap<Failure, string>();

/** The failure as the JSON text of a `Status`. */
export const failureBody = (failure: Failure): string => {
  const known = bodies.get(failure);
  if (known !== undefined) return known;
  const { code, message, reason } = failure;
  const body = JSON.stringify({
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message,
    reason,
    code,
  });
  bodies.set(failure, body);
  return body;
};
