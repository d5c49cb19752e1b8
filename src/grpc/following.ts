/** What a reader of a stream gets, and who is told of it. */
import { status } from "@grpc/grpc-js";
import type { OldValue } from "./behind.ts";
import type { Deferred } from "./encoded.ts";
import type { Peer } from "./peers.ts";

/** What of a grpc-js call is used. */
export interface LatestCall {
  readonly write: (message: Buffer, sent: () => void) => unknown;
  readonly on: (event: "cancelled" | "close", listener: () => void) => unknown;
  readonly emit: (event: "error", error: GrpcFault) => unknown;
}

export interface GrpcFault {
  readonly code: status;
  readonly details: string;
}

/** A value could not be made or sent. */
export const failing: GrpcFault = { code: status.INTERNAL, details: "this could not be answered" };

/** What a reader gets. */
export interface Following<Value> {
  /** For metrics, such as `Destination/Get`. */
  readonly method: string;
  /** Asked before the first value; undefined: it may go on. */
  readonly refusal?: () => GrpcFault | undefined;
  /** Calls back with the value now and whenever it is another one, until the function that it returns is called. */
  readonly follow: (onValue: (value: Value) => void) => () => void;
  /** What brings a reader from what it was sent last to the value now; or the end of the stream. */
  readonly step: (sent: Value | undefined, now: Value) => Messages | GrpcFault;
  /** What of a value is large, and is held while a reader is behind; absent: nothing. */
  readonly held?: (value: Value) => OldValue | undefined;
}

/** In order; one that is large may be encoded when its turn has come. */
export type Messages = readonly (Buffer | Deferred)[];

/** Who reads: streams with the same key share what one caller may have. */
export type Reader = Pick<Peer, "key" | "cutSlow">;

export interface StreamCounts {
  readonly opened: (method: string) => void;
  /** Code as grpc-js has it; CANCELLED when the reader went. */
  readonly closed: (method: string, code: status) => void;
  readonly sent: (method: string) => void;
  /** A value that a reader never saw, as it was slower than the changes. */
  readonly replaced: (method: string) => void;
  /** A stream was not taken on, as there are too many of its caller, or in all. */
  readonly refused?: (by: "one" | "all") => void;
  /** A value could not be made or sent: a bug of ours, that ends this stream and no other. */
  readonly failed?: (method: string, error: unknown) => void;
}
