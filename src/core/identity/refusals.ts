/** Why a certificate is refused: a row each, in the order in which they are found out. */
import { tokenAudience } from "../mesh/control-plane.ts";

/** Names of gRPC status codes. The proxy treats all of them alike: it logs, and asks again. */
type RefusalCode =
  "UNAVAILABLE" | "INVALID_ARGUMENT" | "UNKNOWN" | "FAILED_PRECONDITION" | "INTERNAL" | "RESOURCE_EXHAUSTED";

export interface RefusalRow {
  readonly code: RefusalCode;
  /** For people, in docs/identity.md. */
  readonly meaning: string;
}

/** Linkerd has no audience check, does not look at the request's signature, and takes on any number at once. */
export const refusalRows = {
  overloaded: { code: "RESOURCE_EXHAUSTED", meaning: "as many requests as may wait are waiting already" },
  issuer_missing: { code: "UNAVAILABLE", meaning: "no issuer is loaded" },
  identity_missing: { code: "INVALID_ARGUMENT", meaning: "the call names no identity" },
  token_missing: { code: "INVALID_ARGUMENT", meaning: "the call has no token, or one longer than any token is" },
  request_missing: { code: "INVALID_ARGUMENT", meaning: "the call has no certificate signing request" },
  request_malformed: { code: "INVALID_ARGUMENT", meaning: "the certificate signing request cannot be read" },
  request_signature: {
    code: "INVALID_ARGUMENT",
    meaning: "the request is not signed with the key that it is for",
  },
  issuer_invalid: { code: "UNKNOWN", meaning: "the issuer, or a CA above it, has expired or is not valid yet" },
  dns_names: { code: "FAILED_PRECONDITION", meaning: "the request does not have exactly one DNS name" },
  name_mismatch: { code: "FAILED_PRECONDITION", meaning: "the request's DNS name is not the identity asked for" },
  common_name: { code: "FAILED_PRECONDITION", meaning: "the request's common name is another name" },
  other_names: { code: "FAILED_PRECONDITION", meaning: "the request has names that are no DNS names" },
  review_failed: { code: "INTERNAL", meaning: "the API server did not review the token" },
  // These three the API server would find, as errors in the token: it is not asked.
  token_malformed: { code: "INVALID_ARGUMENT", meaning: "the token has characters that no token has" },
  token_audience: { code: "INVALID_ARGUMENT", meaning: `the token is not for the audience \`${tokenAudience}\`` },
  token_expired: { code: "INVALID_ARGUMENT", meaning: "the token has expired" },
  token_error: { code: "INVALID_ARGUMENT", meaning: "the API server found an error in the token" },
  token_refused: { code: "FAILED_PRECONDITION", meaning: "the token is not valid" },
  token_limit: {
    code: "RESOURCE_EXHAUSTED",
    meaning: "too many tokens of this address were refused: no more of them are reviewed for a while",
  },
  user_name: { code: "INVALID_ARGUMENT", meaning: "the token is not that of a service account" },
  account_name: {
    code: "INVALID_ARGUMENT",
    meaning: "the token is that of a service account without a possible identity",
  },
  identity_mismatch: {
    code: "FAILED_PRECONDITION",
    meaning: "the token is that of another identity than the one asked for",
  },
  key_type: { code: "INTERNAL", meaning: "the request's key is not ECDSA with P-256, P-384 or P-521" },
  signing_failed: { code: "INTERNAL", meaning: "the certificate could not be signed" },
} as const satisfies Readonly<Record<string, RefusalRow>>;

export type RefusalReason = keyof typeof refusalRows;

export interface Refusal {
  readonly code: RefusalCode;
  /** For programs: a label of a metric. */
  readonly reason: RefusalReason;
  /** For people, no newline. */
  readonly message: string;
}

/** `details` say what was found, such as the names in question. */
export const refusal = (reason: RefusalReason, details = ""): Refusal => {
  const { code, meaning } = refusalRows[reason];
  return { code, reason, message: details === "" ? meaning : `${meaning}: ${oneLine(details)}` };
};

// Names come from strangers, and go into a log and an HTTP/2 header, which cannot have half a character.
const oneLine = (text: string): string =>
  text
    .replaceAll(/[\p{Cc}\u2028\u2029]/gu, " ")
    .slice(0, 500)
    .toWellFormed();
