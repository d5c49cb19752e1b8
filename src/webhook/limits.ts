/** How much and how long the webhook bears. */

/** Sizes, counts, and times in milliseconds. */
export interface ReviewLimits {
  /** One body; more is answered 413. */
  readonly bodyBytes: number;
  /** Requests under way at once; more are answered 503. */
  readonly underWay: number;
  /** Body bytes held at once for all requests; more are answered 503. */
  readonly heldBytes: number;
  /** A handshake, and a request's headers, have to arrive in this time. */
  readonly headersTimeout: number;
  /** A whole request has to arrive in this time, whatever its deadline says; not below `headersTimeout`. */
  readonly requestTimeout: number;
  /** An idle connection is kept this long: longer than an API server does (90 s), so that it is never cut while being used. */
  readonly keepAliveTimeout: number;
  /** How often deadlines are looked at. */
  readonly tick: number;
  /** How often Node looks at the timeouts for headers and requests. */
  readonly connectionTick: number;
  /** Stopping: serving as usual until every API server has heard that this endpoint is gone. */
  readonly grace: number;
  /** Stopping: serving with `Connection: close`, so that busy connections move away before the port closes. */
  readonly lastCall: number;
  /** Stopping: waiting for what is under way. */
  readonly drain: number;
  /** Stopping: a connection without a request is left open until it is as old; less than `drain`. */
  readonly firstRequest: number;
}

// grace + lastCall + drain stays below the 30 s after which Kubernetes kills (terminationGracePeriodSeconds).
export const usualLimits: ReviewLimits = {
  bodyBytes: 8 * 1024 * 1024,
  underWay: 1000,
  heldBytes: 256 * 1024 * 1024,
  headersTimeout: 15_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 120_000,
  tick: 50,
  connectionTick: 1000,
  grace: 5000,
  lastCall: 1000,
  drain: 15_000,
  firstRequest: 3000,
};
