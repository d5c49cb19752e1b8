/** An answer of the webhook as an API server reads it: AdmissionReview → the pod that will be, and what is said of it. */
import jsonPatch from "fast-json-patch";
import type { Operation } from "fast-json-patch";
import type { Json, JsonObject } from "../../core/base/json/json.ts";
import { at, textAt, textsAt } from "../../core/base/json/read.ts";
import type { CallOutcome } from "./api-server.ts";

export interface Verdict {
  readonly status: number;
  readonly allowed: boolean;
  /** `injected`, `annotated`, `skipped`; empty when the answer does not say. */
  readonly decision: string;
  readonly reasons: readonly string[];
  readonly warnings: readonly string[];
  readonly operations: number;
  /** With the patch applied; rejected by fast-json-patch's validation: an exception. */
  readonly pod: Json;
}

export function verdictOf({ status, body }: CallOutcome, pod: JsonObject): Verdict {
  const answer = JSON.parse(body) as Json;
  const reasons = textAt(answer, "response", "auditAnnotations", "reasons");
  const patch = patchOf(textAt(answer, "response", "patch"));
  return {
    status,
    allowed: at(answer, "response", "allowed") === true,
    decision: textAt(answer, "response", "auditAnnotations", "decision"),
    reasons: reasons === "" ? [] : reasons.split(","),
    warnings: textsAt(answer, "response", "warnings"),
    operations: patch.length,
    pod: jsonPatch.applyPatch(pod, patch, true, false).newDocument,
  };
}

const patchOf = (base64: string): readonly Operation[] =>
  base64 === "" ? [] : (JSON.parse(Buffer.from(base64, "base64").toString("utf8")) as Operation[]);
