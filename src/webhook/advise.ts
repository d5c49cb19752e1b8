/** Reviews of workloads, Namespaces and Services: warnings at apply time. Always allowed, never waited for. */
import { decodeReview } from "../core/admission/decode.ts";
import { pass } from "../core/admission/respond.ts";
import type { AnswerReview } from "./answer.ts";
import { malformedAnswer, requestSummary } from "./summary.ts";

/** Answers reviews of objects that people apply. */
export const adviser = (): AnswerReview => async (body) => {
  const decoded = decodeReview(body.toString("utf8"));
  if (decoded.kind === "malformed") return malformedAnswer(decoded);
  return { ...pass(decoded.request), summary: { ...requestSummary(decoded.request), result: "silent" } };
};
