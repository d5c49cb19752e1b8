/** An answer of the webhook as an API server reads it: AdmissionReview → the pod that will be, and what is said of it. */
import jsonPatch from "fast-json-patch";
import type { Operation } from "fast-json-patch";
import { isList, isObject } from "../../core/base/json/json.ts";
import type { Json, JsonObject } from "../../core/base/json/json.ts";
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
  const response = memberOf(answer, "response");
  const audit = memberOf(response, "auditAnnotations");
  const reasons = textOf(memberOf(audit, "reasons"));
  const warnings = memberOf(response, "warnings");
  const patch = patchOf(memberOf(response, "patch"));
  return {
    status,
    allowed: memberOf(response, "allowed") === true,
    decision: textOf(memberOf(audit, "decision")),
    reasons: reasons === "" ? [] : reasons.split(","),
    warnings: isList(warnings) ? warnings.map(textOf) : [],
    operations: patch.length,
    pod: jsonPatch.applyPatch(pod, patch, true, false).newDocument,
  };
}

const patchOf = (base64: Json | undefined): readonly Operation[] =>
  typeof base64 === "string" ? (JSON.parse(Buffer.from(base64, "base64").toString("utf8")) as Operation[]) : [];

const memberOf = (value: Json | undefined, key: string): Json | undefined => (isObject(value) ? value[key] : undefined);
const textOf = (value: Json | undefined): string => (typeof value === "string" ? value : "");
