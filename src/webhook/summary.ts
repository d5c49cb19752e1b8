/** What answers have in common, whatever was asked. */
import type { AdmissionRequest, MalformedCode } from "../core/admission/decode.ts";
import { failure } from "../core/admission/respond.ts";
import type { Answer, AnswerSummary } from "./answer.ts";

const nothing: Omit<AnswerSummary, "result"> = {
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
export const requestSummary = ({
  uid,
  kind,
  namespace,
  dryRun,
  complete,
}: AdmissionRequest): Omit<AnswerSummary, "result"> => ({
  ...nothing,
  uid,
  kind: kind.kind.toLowerCase(),
  namespace,
  dryRun,
  complete,
});

/** The answer to a body that is no review. */
export const malformedAnswer = (malformed: {
  readonly code: MalformedCode;
  readonly message: string;
  readonly uid: string;
}): Answer => ({
  status: 400,
  body: failure(400, "BadRequest", malformed.message),
  summary: { ...nothing, uid: malformed.uid, result: "malformed", reasons: [malformed.code] },
});

/** For patches: the shell has a faster one than the language. */
export const base64 = (text: string): string => Buffer.from(text, "utf8").toString("base64");

/** The reason of requests that an entry was not registered for. */
export const notForUs = "unsupported_request";

/**
 * Whether this is what API servers do and nobody else has a reason to: a review with all that one says, of something that
 * its path is registered for, which was answered.
 */
export const isOfApiServer = ({ status, summary }: Answer): boolean =>
  status === 200 && summary?.complete === true && !summary.reasons.includes(notForUs);
