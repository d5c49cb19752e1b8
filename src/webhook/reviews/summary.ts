/** What answers have in common, whatever was asked. */
import type { MalformedCode } from "../../core/admission/decode.ts";
import { failure } from "../../core/admission/respond.ts";
import type { Answer, AnswerSummary } from "../answer.ts";
import type { AdmissionRequest } from "../../core/admission/request.ts";

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
