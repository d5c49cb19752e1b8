/** What all answers begin with: the body becomes a request, or the answer is there already. */
import { leftAlone } from "../../core/admission/bounds.ts";
import type { LeftAlone } from "../../core/admission/bounds.ts";
import { decodeReview } from "../../core/admission/decode.ts";
import { advised } from "../../core/admission/respond.ts";
import { nameOf } from "../../core/inject/pod/kinds.ts";
import { warningLines } from "../../core/inject/messages/warnings.ts";
import type { Answer } from "../answer.ts";
import { malformedAnswer, requestSummary } from "./summary.ts";
import type { AdmissionRequest } from "../../core/admission/request.ts";

export type ReviewRead = { readonly request: AdmissionRequest } | { readonly answer: Answer };

/** Reads a body, once. What no API server stores is let through as it came, before anything else is read from it. */
export function readReview(body: Buffer): ReviewRead {
  const decoded = decodeReview(body.toString("utf8"));
  if (decoded.kind === "malformed") return { answer: malformedAnswer(decoded) };
  const { request } = decoded;
  const why = leftAlone(request, request.kind);
  return why === undefined ? { request } : { answer: letThrough(request, why) };
}

/** Allowed, unchanged, with a warning. */
export function letThrough(request: AdmissionRequest, { reason, warning }: LeftAlone): Answer {
  const summary = requestSummary(request);
  return {
    ...advised(request, warningLines({ kind: summary.kind, name: nameOf(request.object ?? {}) }, [warning])),
    summary: { ...summary, result: "skipped", reasons: [reason] },
  };
}
