/** Times as protobuf has them (google.protobuf). */

export interface Duration {
  readonly seconds?: number | string;
  readonly nanos?: number;
}

/** Since 1970, UTC. */
export interface Timestamp {
  readonly seconds?: number | string;
  readonly nanos?: number;
}
