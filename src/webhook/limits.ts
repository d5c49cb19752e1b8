/** How much and how long the webhook bears. */
import type { ConnectionBounds } from "../net/connection-table.ts";

/** Sizes, counts, and times in milliseconds. */
export interface ReviewLimits {
  readonly connections: ConnectionBounds;
  /** One body; more is answered 413. */
  readonly bodyBytes: number;
  /** So many pieces are free; beyond them a body that comes in smaller ones than `pieceBytes` is answered 400. */
  readonly pieces: number;
  readonly pieceBytes: number;
  /** Bodies that are still coming; beyond that the slowest is answered 408. */
  readonly arriving: number;
  /** Of these, of one address. */
  readonly arrivingOfOne: number;
  /** Memory for them; beyond that the largest is answered 408. */
  readonly arrivingBytes: number;
  readonly arrivingBytesOfOne: number;
  /** A body has to be there in this time, and the time that its bytes may take. */
  readonly bodyPatience: number;
  /** Bytes that have to come in a millisecond. */
  readonly bodyRate: number;
  /** Complete reviews under way at once; beyond that whoever has most of them is answered 503. */
  readonly inFlight: number;
  /** A review that costs more memory than this is large: large ones take turns. */
  readonly smallCost: number;
  /** Memory for all small reviews under way, as it is estimated; beyond that whoever has most is answered 503. */
  readonly smallHeld: number;
  /** The same for large ones. */
  readonly largeHeld: number;
  /** A large review waits no longer for what is looked up for it. */
  readonly largePatience: number;
  /** A handshake has to be done in this time. */
  readonly handshakeTimeout: number;
  /** A request's headers have to arrive in this time. */
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
  readonly drainStart: number;
  /** Stopping: waiting for what is under way. */
  readonly drain: number;
  /** Stopping: a connection without a request is left open until it is as old; less than `drain`. */
  readonly firstRequest: number;
}

const KiB = 1024;
const MiB = 1024 * KiB;

// grace + lastCall + drain stays below the 30 s after which Kubernetes kills (terminationGracePeriodSeconds).
export const defaultLimits: ReviewLimits = {
  // 64 KiB each: 128 MiB. API servers may all come from one address, with 1,000 reviews under way and connections that
  // they keep; a handshake takes 1 ms of a processor.
  connections: { open: 2000, openOfOne: 1500, reserved: 500, perSecond: 300, waiting: 500 },
  // An API server takes requests of 3 MiB.
  bodyBytes: 3.5 * MiB,
  pieces: 1024,
  pieceBytes: 256,
  arriving: 512,
  arrivingOfOne: 256,
  arrivingBytes: 24 * MiB,
  arrivingBytesOfOne: 16 * MiB,
  bodyPatience: 2500,
  bodyRate: 32,
  inFlight: 1000,
  smallCost: 256 * KiB,
  smallHeld: 24 * MiB,
  largeHeld: 40 * MiB,
  largePatience: 2000,
  handshakeTimeout: 5000,
  headersTimeout: 15_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 120_000,
  tick: 50,
  connectionTick: 1000,
  grace: 5000,
  drainStart: 1000,
  drain: 15_000,
  firstRequest: 3000,
};
