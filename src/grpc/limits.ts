/**
 * What a listener puts up with. Who has no certificate can reach the one for identity alone, so that is the strict one:
 * a proxy makes a connection for a call, and closes it (contract 2.5). On the others it has one connection with hundreds
 * of streams, for as long as it lives (contract 5.2).
 */
export interface ListenerLimits {
  /** At once; of these, from one address. Behind an address that is translated there may be a whole node. */
  readonly connections: number;
  readonly connectionsOfOne: number;
  /** At once, on a connection. */
  readonly streams: number;
  /** Bytes of a request, also when it is packed. */
  readonly message: number;
  /** Milliseconds for the handshake. */
  readonly handshake: number;
  /** Milliseconds for which a connection may be open, a tenth more or less; undefined: for ever. */
  readonly age?: number;
}

/** One address costs about 20 MB at most: 64 connections, each with 8 requests of 32 kB that never end. */
export const limitsForAnybody: ListenerLimits = {
  connections: 1000,
  connectionsOfOne: 64,
  streams: 8,
  // A projected token has about 1,000 bytes, a certificate signing request 340.
  message: 32_768,
  handshake: 10_000,
  age: 60_000,
};

export const limitsForTheMesh: ListenerLimits = {
  connections: 20_000,
  connectionsOfOne: 1000,
  streams: 10_000,
  // Names have 253 characters at most, and there are three of them in a context.
  message: 16_384,
  handshake: 10_000,
};
