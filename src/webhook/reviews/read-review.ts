/** What all answers have in common. They begin with a body that becomes a request, or there is an answer already. */
import { leftAlone } from "../../core/admission/bounds.ts";
import type { LeftAlone } from "../../core/admission/bounds.ts";
import { decodeReview } from "../../core/admission/decode.ts";
import type { MalformedCode } from "../../core/admission/decode.ts";
import { advised, failure } from "../../core/admission/respond.ts";
import { nameOf } from "../../core/inject/pod/kinds.ts";
import { warningLines } from "../../core/inject/messages/warnings.ts";
import type { Answer, RecordedAnswer, ReviewRecord } from "../answer.ts";
import type { AdmissionRequest } from "../../core/admission/request.ts";

/** A record that is begun: what came of it is not known yet. */
export type RequestRecord = Omit<ReviewRecord, "result">;

export type ReviewRead =
  /** `record` is what the request itself says. */
  { readonly request: AdmissionRequest; readonly record: RequestRecord } | { readonly answer: Answer };

/** Reads a body's text, once. What no API server stores is let through as it came, before anything else is read from it. */
export function readReview(text: string): ReviewRead {
  const decoded = decodeReview(text);
  if (decoded.kind === "malformed") return { answer: malformedAnswer(decoded) };
  const { request } = decoded;
  const record = requestRecord(request);
  const why = leftAlone(request, request.kind);
  return why === undefined ? { request, record } : { answer: letThrough(request, record, why) };
}

/** Allowed, unchanged, with a warning. */
export function letThrough(
  request: AdmissionRequest,
  record: RequestRecord,
  { reason, warning }: LeftAlone,
): RecordedAnswer {
  return {
    ...advised(request, warningLines({ kind: record.kind, name: nameOf(request.object ?? {}) }, [warning])),
    record: { ...record, result: "skipped", reasons: [reason] },
  };
}

const nothing: RequestRecord = {
  uid: "",
  kind: "",
  namespace: "",
  owner: "",
  name: "",
  reasons: [],
  warnings: [],
  dryRun: false,
  complete: false,
};

/** What the request itself says. */
const requestRecord = ({ uid, kind, namespace, dryRun, complete }: AdmissionRequest): RequestRecord => ({
  ...nothing,
  uid,
  kind: kind.kind.toLowerCase(),
  namespace,
  dryRun,
  complete,
});

/** The answer to a body that is no review. */
const malformedAnswer = (malformed: {
  readonly code: MalformedCode;
  readonly message: string;
  readonly uid: string;
}): Answer => ({
  status: 400,
  body: failure(400, "BadRequest", malformed.message),
  record: { ...nothing, uid: malformed.uid, result: "malformed", reasons: [malformed.code] },
});

/** An object that comes or is changed itself, not through a subresource; blank: whoever asks does not say. */
export const isCreateOrUpdate = ({ operation, subResource }: AdmissionRequest): boolean =>
  operations.has(operation) && subResource === "";

const operations: ReadonlySet<string> = new Set(["CREATE", "UPDATE", ""]);
