/**
 * What a listener puts up with. Who has no certificate can reach the one for identity alone, so that is the strict one:
 * a proxy makes a connection for a call, and closes it. On the others it has one connection with hundreds
 * of streams, for as long as it lives.
 *
 * Together they stay within the 1 GiB that `weft install` gives the process: 190 MiB without anybody, 70 kB for a
 * connection, 18 kB for a stream, and what is on its way.
 */
import type { ConnectionBounds } from "../net/connection-table.ts";
import type { GuardLimits } from "./guard.ts";
import type { OutboxLimits } from "./outbox.ts";
import type { PeerLimits } from "./peers.ts";
import type { SharesLimits } from "./shares.ts";
import type { Rate } from "../async/rate.ts";

export interface ListenerLimits extends ConnectionBounds, PeerLimits, GuardLimits {
  /** At once, on a connection; a client waits with more (RFC 9113, 5.1.2). */
  readonly streams: number;
  /** Milliseconds for the handshake. */
  readonly handshake: number;
  /** Milliseconds for which a connection may be open, a tenth more or less; undefined: for ever. */
  readonly age?: number;
  /** Milliseconds for which a connection may be open without a call; undefined: for ever. */
  readonly idle?: number;
}

const defaultValue = {
  handshake: 3000,
  perSecond: 600,
  // TLS and HTTP/2 cut a request into pieces of 16 kB at most, and a network into pieces of 1,400 bytes.
  pieces: 128,
  unfinished: 5000,
  unfinishedBytes: 16 * 2 ** 20,
  // Node reads up to 128 kB of a connection ahead.
  unread: 64 * 2 ** 20,
  lingering: 10_000,
  away: 10_000,
  openStreams: 16_000,
} as const;

export const limitsForAnybody: ListenerLimits = {
  ...defaultValue,
  open: 1000,
  // Behind an address that is translated there may be a whole node.
  openOfOne: 64,
  reserved: 250,
  waiting: 1000,
  streams: 2,
  // A projected token has about 1,000 bytes, a certificate signing request 340.
  message: 32_768,
  firstRequest: 3000,
  overhead: 65_536,
  overheadPerSecond: 256,
  age: 60_000,
  idle: 10_000,
  resets: { atOnce: 20, perSecond: 2 },
};

export const limitsForTheMesh: ListenerLimits = {
  ...defaultValue,
  open: 2000,
  openOfOne: 128,
  reserved: 800,
  waiting: 2000,
  streams: 5000,
  // Names have 253 characters at most, and there are three of them in a context.
  message: 16_384,
  overhead: 262_144,
  overheadPerSecond: 16_384,
  // A request takes half a millisecond of a processor, and its stream as much again until it is over.
  pace: { atOnce: 1000, perSecond: 200 },
  // A proxy drops what was not used for some seconds: of an application that goes through a cluster's addresses all of
  // them. More do not help, as one costs what it was asked for: 0.5 ms.
  resets: { atOnce: 10_000, perSecond: 200 },
};

/** Of all streams of the process, and of those of one identity. */
export const limitsForStreams = {
  most: 16_000,
  mostOfOne: 8000,
  outbox: { bytes: 64 * 2 ** 20, bytesOfOne: 16 * 2 ** 20, stall: 5000 },
  // A thousand endpoints take some milliseconds of a processor.
  encoding: { atOnce: 200, perSecond: 50 },
  behind: 64 * 2 ** 20,
} satisfies StreamsLimits;

/** Bytes of encoded messages that are kept for others who get the same. */
export const mostEncoded = 16 * 2 ** 20;

export interface StreamsLimits extends SharesLimits {
  readonly outbox: OutboxLimits;
  /** Messages of one identity beyond the first of a value, that nobody has been sent lately. */
  readonly encoding?: Rate;
  /** Bytes of values that are only kept for readers who are behind. */
  readonly behind?: number;
}
