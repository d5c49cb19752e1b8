/**
 * What a request for a certificate must be. Rows from top to bottom; the first that finds something refuses. Those of
 * `callRows` cost nothing, those of `requestRows` come after the request was read, which costs most of what a refusal
 * does, those of `tokenRows` after the token's review.
 */
import type { Validity } from "./validity.ts";
import { refusal } from "./refusals.ts";
import type { Refusal, RefusalReason } from "./refusals.ts";

/** What a certificate signing request (PKCS#10) says. */
export interface CsrFacts {
  readonly signatureValid: boolean;
  /** Of the subject; several where it has several. */
  readonly commonNames: readonly string[];
  readonly dnsNames: readonly string[];
  /** Names that are no DNS names, such as `email:a@b.example`. */
  readonly otherNames: readonly string[];
  /** Such as `EC P-256` or `RSA`. */
  readonly key: string;
}

export interface CallFacts {
  /** Undefined: none is loaded. In milliseconds since 1970, what all certificates above a leaf have in common. */
  readonly issuer: Validity | undefined;
  readonly now: number;
  readonly identity: string;
  /** How many bytes it has. */
  readonly tokenLength: number;
  readonly requestLength: number;
}

export interface RequestFacts {
  readonly identity: string;
  readonly request: CsrFacts | { readonly malformed: string };
}

export interface TokenFacts {
  readonly identity: string;
  /** The identity of the service account that the token is of. */
  readonly tokenIdentity: string;
  readonly key: string;
}

/** A refusal, or undefined: its token and its request are worth a look. */
export const refusedCall = (facts: CallFacts): Refusal | undefined => firstRefusal(callRows, facts);

/** A refusal, or undefined: so far it may be granted. */
export const refusedRequest = (facts: RequestFacts): Refusal | undefined => firstRefusal(requestRows, facts);

/** A refusal, or undefined: it is granted. */
export const refusedToken = (facts: TokenFacts): Refusal | undefined => firstRefusal(tokenRows, facts);

/**
 * Bytes. A projected token has about 1,000, a request 340, and 1,700 with the longest RSA key in use. A request is read
 * before it is known who sends it: with 16,000 bytes of names it would take a hundred times as long as a proxy's.
 */
export const longest = { token: 65_536, request: 2048, identity: 253 } as const;

type Row<Facts> = readonly [reason: RefusalReason, finds: (facts: Facts) => string | undefined];

const callRows: readonly Row<CallFacts>[] = [
  ["issuer_missing", ({ issuer }) => when(issuer === undefined)],
  ["identity_missing", ({ identity }) => when(identity === "")],
  // No DNS name is longer, and so no name in a request either.
  ["name_mismatch", ({ identity: { length } }) => when(length > longest.identity, `one of ${length} characters`)],
  ["token_missing", ({ tokenLength }) => when(tokenLength === 0 || tokenLength > longest.token)],
  ["request_missing", ({ requestLength }) => when(requestLength === 0)],
  [
    "request_malformed",
    ({ requestLength: length }) =>
      when(length > longest.request, `it has ${length} bytes, ${longest.request} are allowed`),
  ],
  ["issuer_invalid", ({ issuer, now }) => issuer && outside(issuer, now)],
];

const requestRows: readonly Row<RequestFacts>[] = [
  ["request_malformed", ({ request }) => ("malformed" in request ? request.malformed : undefined)],
  ["request_signature", ofRequest(({ signatureValid }) => when(!signatureValid))],
  ["dns_names", ofRequest(({ dnsNames }) => when(dnsNames.length !== 1, dnsNames.join(", ") || "none"))],
  [
    "name_mismatch",
    ofRequest(({ dnsNames: [name = ""] }, { identity }) => when(name !== identity, `${name}, asked for ${identity}`)),
  ],
  [
    "common_name",
    ofRequest(({ commonNames }, { identity }) => {
      const others = commonNames.filter((name) => name !== "" && name !== identity);
      return when(others.length > 0, others.join(", "));
    }),
  ],
  ["other_names", ofRequest(({ otherNames }) => when(otherNames.length > 0, otherNames.join(", ")))],
];

const tokenRows: readonly Row<TokenFacts>[] = [
  [
    "identity_mismatch",
    ({ identity, tokenIdentity }) => when(identity !== tokenIdentity, `${tokenIdentity}, asked for ${identity}`),
  ],
  ["key_type", ({ key }) => when(!/^EC P-(256|384|521)$/.test(key), key)],
];

/** Why an issuer may not sign now; undefined: it may. */
export function outside({ notBefore, notAfter }: Validity, now: number): string | undefined {
  if (now < notBefore) return `not valid before ${new Date(notBefore).toISOString()}`;
  return now > notAfter ? `expired at ${new Date(notAfter).toISOString()}` : undefined;
}

function firstRefusal<Facts>(rows: readonly Row<Facts>[], facts: Facts): Refusal | undefined {
  for (const [reason, finds] of rows) {
    const details = finds(facts);
    if (details !== undefined) return refusal(reason, details);
  }
  return undefined;
}

const when = (found: boolean, details = ""): string | undefined => (found ? details : undefined);

function ofRequest(
  finds: (request: CsrFacts, facts: RequestFacts) => string | undefined,
): (facts: RequestFacts) => string | undefined {
  return (facts) => ("malformed" in facts.request ? undefined : finds(facts.request, facts));
}
