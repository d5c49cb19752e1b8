/**
 * Where the HTTP layer and the engine meet: one function. The HTTP layer knows sockets, limits and deadlines and
 * nothing of reviews; what answers knows reviews and nothing of sockets.
 */
import type { Deadline } from "../async/until.ts";
import type { Injection } from "../core/inject/outcome/injection.ts";

/**
 * What came of a review, in one word. `labelled` and `unchanged` are Namespaces and their mirrored label, `advised` and
 * `silent` workloads and policies at apply time, and policies may be `refused`; `malformed` is an HTTP 400 or the like, `faulted` an HTTP 500 or 503.
 */
export type Result =
  | "injected"
  | "updated"
  | "annotated"
  | "skipped"
  | "labelled"
  | "unchanged"
  | "advised"
  | "silent"
  | "refused"
  | "faulted"
  | "malformed";

/**
 * What was reviewed and what came of it: all that the log line, the counters and the Event are made of. Names and codes, but
 * for `injection`: never a pod's contents or an annotation's value.
 */
export interface ReviewRecord {
  readonly uid: string;
  /** Lower-case kind of the object. */
  readonly kind: string;
  readonly namespace: string;
  /** `deployment/web`; empty when there is none. */
  readonly owner: string;
  /** The object's name or generateName. */
  readonly name: string;
  readonly result: Result;
  /** Codes of the reasons, or of what was malformed. */
  readonly reasons: readonly string[];
  /** What the warnings are about: known annotation keys. */
  readonly warnings: readonly string[];
  readonly dryRun: boolean;
  /** The review has all that an API server says. */
  readonly complete: boolean;
  /** Where one was answered with it: what an Event is made of. */
  readonly injection?: Injection;
}

/** What goes back to the API server. */
export interface Answer {
  readonly status: number;
  /** JSON text. */
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly record?: ReviewRecord;
}

/** An answer to what was read. */
export interface RecordedAnswer extends Answer {
  readonly record: ReviewRecord;
}

/** Answers one review. Never rejects for bad input; a rejection is a fault of ours and becomes HTTP 500. */
export type AnswerReview = (body: Buffer, deadline: Deadline) => Promise<Answer>;

/**
 * Whether this is what API servers do and nobody else has a reason to: a review with all that one says, of something that
 * its path is registered for, which was answered.
 */
export const isOfApiServer = ({ status, record }: Answer): boolean =>
  status === 200 && record?.complete === true && !record.reasons.includes(notForUs);

/** The reason of requests that an entry was not registered for. */
export const notForUs = "unsupported_request";
