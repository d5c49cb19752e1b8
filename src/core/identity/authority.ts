/**
 * Anchors and issuer of a mesh: what must be true of them before the issuer signs. The shell reads the
 * certificates and finds who signed whom; here it is facts, and every problem has its place.
 */
import type { Issue } from "../base/text/issue.ts";
import type { Broken, Result } from "../base/text/result.ts";
import { common } from "./validity.ts";
import type { Validity } from "./validity.ts";

export interface CertificateFacts extends Validity {
  /** Where it was found, such as `tls.crt, certificate 2`. */
  readonly at: string;
  readonly subject: string;
  /** Of whoever signed it. */
  readonly issuer: string;
  /** Basic constraints say that it is a CA. */
  readonly isAuthority: boolean;
  /** Key usage, where there is one, allows it to sign certificates. */
  readonly maySign: boolean;
  /** How many CAs may stand between it and a leaf; undefined: any number. */
  readonly pathLength: number | undefined;
  /** Such as `EC P-256` or `RSA 2048`. */
  readonly key: string;
}

export interface AuthorityFacts {
  readonly issuer: CertificateFacts;
  /** Undefined: the key could not be read, which is an issue of its own. */
  readonly keyMatches: boolean | undefined;
  readonly keyAt: string;
  /** Ways from the issuer up to an anchor, both included; an issuer that is itself an anchor is alone. */
  readonly paths: readonly (readonly CertificateFacts[])[];
  readonly anchors: readonly CertificateFacts[];
  readonly now: number;
}

/** What the best way to an anchor has in common; or everything that is wrong with the issuer, and with that way. */
type Judged = Result<Validity, Broken>;

/** With issues that time heals, `goodFrom` is when it has healed them all, in milliseconds since 1970. */
export function judgeAuthority(facts: AuthorityFacts): Judged {
  const judged = judgedNow(facts);
  if ("value" in judged) return judged;
  const starts = facts.paths.flat().map(({ notBefore }) => notBefore);
  const later = [...new Set(starts)].filter((start) => start > facts.now).toSorted((a, b) => a - b);
  const goodFrom = later.find((now) => "value" in judgedNow({ ...facts, now }));
  return goodFrom === undefined ? judged : { ...judged, goodFrom };
}

function judgedNow(facts: AuthorityFacts): Judged {
  const { issuer, now } = facts;
  const own = [...issuerIssues(facts), ...certificateIssues(issuer, 0, now)];
  const ways = facts.paths.map((path) => ({
    validity: common(path),
    issues: path.flatMap((each, index) => (each === issuer ? [] : certificateIssues(each, index, now))),
  }));
  const [best] = ways.toSorted(
    (a, b) => a.issues.length - b.issues.length || b.validity.notAfter - a.validity.notAfter,
  );
  const issues = [...own, ...(best?.issues ?? [noWay(facts)])];
  return issues.length > 0 || best === undefined ? { issues } : { value: best.validity };
}

/** Curves whose signatures the proxy takes; an RSA key loads in Linkerd, and then cannot issue. */
const curves = ["P-256", "P-384", "P-521"] as const;

function issuerIssues({ issuer, keyMatches, keyAt }: AuthorityFacts): readonly Issue[] {
  return [
    ...(curves.some((curve) => issuer.key === `EC ${curve}`)
      ? []
      : [{ at: issuer.at, message: `has a key of type ${issuer.key}, expected ECDSA with ${curves.join(", ")}` }]),
    ...(keyMatches === false ? [{ at: keyAt, message: `is not the key of the certificate in ${issuer.at}` }] : []),
  ];
}

/** Of a certificate with so many CAs between it and a leaf. */
function certificateIssues(
  { at, subject, isAuthority, maySign, pathLength, notBefore, notAfter }: CertificateFacts,
  below: number,
  now: number,
): readonly Issue[] {
  const say = (wrong: boolean, message: string): readonly Issue[] =>
    wrong ? [{ at, message: `${subject} ${message}` }] : [];
  return [
    ...say(!isAuthority, "is not a CA (basic constraints), so nobody believes what it signs"),
    ...say(isAuthority && !maySign, "may not sign certificates (key usage without keyCertSign)"),
    ...say(
      pathLength !== undefined && pathLength < below,
      `allows ${pathLength} CAs below it (path length), there are ${below}`,
    ),
    ...say(now < notBefore, `is not valid before ${new Date(notBefore).toISOString()}`),
    ...say(now > notAfter, `expired at ${new Date(notAfter).toISOString()}`),
  ];
}

function noWay({ issuer, anchors }: AuthorityFacts): Issue {
  const known = anchors.map(({ subject }) => subject).join("; ");
  return {
    at: issuer.at,
    message: `is signed by ${issuer.issuer}, and leads to none of the trust anchors: ${known}`,
  };
}
