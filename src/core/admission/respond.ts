/** What came of an injection → the AdmissionReview that answers, as JSON text. */
import type { Injection, Patch } from "../inject/outcome/injection.ts";
import type { SkipReason } from "../inject/outcome/reasons.ts";
import { warningLines } from "../inject/messages/warnings.ts";
import { issueText } from "../base/text/issue.ts";
import type { Issue } from "../base/text/issue.ts";
import { patchText } from "./patch-text.ts";
import type { Piece } from "./patch-text.ts";
import type { AdmissionRequest } from "./request.ts";

/** Encodes the UTF-8 bytes of text as base64; the shell has a faster one than the language. */
export type Base64 = (text: readonly Piece[]) => string;

export interface Response {
  readonly status: 200 | 500;
  readonly body: string;
}

type Asked = Pick<AdmissionRequest, "apiVersion" | "uid">;

/** The answer to a request whose injection came out so. A fault of ours is HTTP 500: the failurePolicy decides. */
export function respond(asked: Asked, injection: Injection, base64: Base64): Response {
  switch (injection.kind) {
    case "injected":
    case "updated":
    case "annotated":
      return allowed(
        asked,
        {
          ...warningsOf(injection),
          ...auditOf(injection.kind, injection.kind === "annotated" ? injection.reasons : []),
        },
        encoded(injection.patch, base64),
      );
    case "skipped":
      return allowed(asked, { ...warningsOf(injection), ...auditOf("skipped", injection.reasons) });
    case "refused":
      return refused(asked, { message: sentence("the object cannot be decoded", injection.issues) });
    case "faulted":
      return {
        status: 500,
        body: failure(500, "InternalError", sentence("weft cannot inject with these settings", injection.issues)),
      };
  }
}

/** Not allowed: the API server says so in these words, and with this code, if there is one. */
export const refused = (
  asked: Asked,
  status: { readonly message: string; readonly code?: number; readonly reason?: string },
): Response => review(asked, { uid: asked.uid, allowed: false, status: { metadata: {}, ...status } });

/** Allowed, nothing to say. */
export const pass = (asked: Asked): Response => allowed(asked, {});

/** Allowed, with this patch; with none where there is nothing to do. */
export const patched = (asked: Asked, patch: Patch, base64: Base64): Response =>
  allowed(asked, {}, encoded(patch, base64));

/** Allowed, with these lines for the user. */
export const advised = (asked: Asked, warnings: readonly string[]): Response =>
  allowed(asked, warnings.length === 0 ? {} : { warnings });

/** A Kubernetes Status (meta/v1) as JSON text: the body of every answer that is no review. */
export const failure = (code: number, reason: string, message: string): string =>
  JSON.stringify({ kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, reason, code });

const encoded = (patch: Patch, base64: Base64): string => (patch.length === 0 ? "" : base64(patchText(patch)));

type Members = Readonly<Record<string, unknown>>;

/** `patch`: base64; empty for none. */
function allowed(asked: Asked, members: Members, patch = ""): Response {
  const { status, body } = review(asked, { uid: asked.uid, allowed: true, ...members });
  // Base64 needs no escaping, and looking for what does takes as long as making it: it is put in as it is.
  return { status, body: patch === "" ? body : `${body.slice(0, -2)},"patchType":"JSONPatch","patch":"${patch}"}}` };
}

const review = (asked: Asked, response: Members): Response => ({
  status: 200,
  body: JSON.stringify({ kind: "AdmissionReview", apiVersion: asked.apiVersion, response }),
});

function warningsOf({
  subject,
  warnings,
}: Extract<Injection, { kind: "skipped" | "injected" | "annotated" | "updated" }>): Members {
  return warnings.length === 0 ? {} : { warnings: warningLines(subject, warnings) };
}

const auditOf = (decision: string, reasons: readonly SkipReason[]): Members => ({
  auditAnnotations: { decision, ...(reasons.length === 0 ? {} : { reasons: reasons.join(",") }) },
});

const sentence = (what: string, issues: readonly Issue[]): string => `${what}: ${issues.map(issueText).join("; ")}`;
