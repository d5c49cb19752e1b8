/** Certificates as somebody looks at them from outside: what they say, and who signed whom. */
import { firstLineOf } from "../../core/base/text/words.ts";
import { X509Certificate } from "node:crypto";
import type { Issue } from "../../core/base/text/issue.ts";
import { fingerprintOf, pemBlocks } from "./pem.ts";
import type { Certificate, CertificatesRead } from "../../core/identity/certificate.ts";

/** Every PEM certificate of a text, and what is wrong with those that cannot be read. */
export function readCertificates(pem: string): CertificatesRead {
  const blocks = pemBlocks(pem);
  const read = blocks.map((block, index) => readOne(block, `certificate ${index + 1}`));
  return {
    certificates: read.flatMap((one) => ("certificate" in one ? [one.certificate] : [])),
    issues: read.flatMap((one) => ("issue" in one ? [one.issue] : [])),
  };
}

type ReadOne = { readonly certificate: Certificate } | { readonly issue: Issue };

function readOne(pem: string, at: string): ReadOne {
  try {
    const x509 = new X509Certificate(pem);
    const certificate: Certificate = {
      pem,
      subject: commonName(x509.subject),
      names: [...(x509.subjectAltName ?? "").matchAll(/DNS:([^,\s]+)/g)].map(([, name = ""]) => name),
      notBefore: x509.validFromDate,
      notAfter: x509.validToDate,
      fingerprint: fingerprintOf(x509),
      isAuthority: x509.ca,
    };
    return { certificate };
  } catch (error) {
    return { issue: { at, message: `cannot be read: ${firstLineOf(error)}` } };
  }
}

const commonName = (subject: string): string => /^CN=(.*)$/m.exec(subject)?.[1] ?? subject.replaceAll("\n", ", ");

/**
 * Why a chain, leaf first, does not end at one of these CAs, as Go's verification reads it: a certificate that is
 * itself trusted ends the chain. `undefined`: it does end there.
 */
export function refusal(chain: readonly Certificate[], authorities: readonly Certificate[]): string | undefined {
  const trusted = new Set(authorities.map(({ fingerprint }) => fingerprint));
  const [leaf, ...rest] = chain;
  if (leaf === undefined) return "there is no certificate";
  let at = leaf;
  // Each step takes one more of the chain, so there are no more steps than certificates.
  for (let steps = 0; steps <= rest.length; steps += 1) {
    const here = at;
    if (trusted.has(here.fingerprint) || authorities.some((authority) => isSignedBy(here, authority))) return undefined;
    const next = rest.find((each) => each !== here && isSignedBy(here, each));
    if (next === undefined) break;
    at = next;
  }
  const issuer = commonName(new X509Certificate(at.pem).issuer);
  const known = authorities.map(({ subject }) => subject).join(", ");
  return `it is signed by ${issuer}, the entry trusts ${known === "" ? "none" : known}${known === issuer ? " with another key" : ""}`;
}

function isSignedBy(certificate: Certificate, authority: Certificate): boolean {
  const [child, parent] = [new X509Certificate(certificate.pem), new X509Certificate(authority.pem)];
  return parent.ca && child.checkIssued(parent) && child.verify(parent.publicKey);
}
