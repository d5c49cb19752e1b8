/** Certificates as somebody looks at them from outside: what they say, and who signed whom. */
import { X509Certificate } from "node:crypto";
import { issuesOf } from "../../core/base/text/result.ts";
import { climbed } from "./climbed.ts";
import { certificatesIn, fingerprintOf } from "./pem.ts";
import { towards } from "./signed-by.ts";
import type { Certificate, CertificatesRead } from "../../core/identity/certificate.ts";

/** Every PEM certificate of a text, and what is wrong with those that cannot be read. */
export function readCertificates(pem: string): CertificatesRead {
  const read = certificatesIn(pem, "", certificateOf);
  return {
    certificates: read.flatMap((one) => ("value" in one ? [one.value] : [])),
    issues: read.flatMap(issuesOf),
  };
}

function certificateOf(pem: string): Certificate {
  const x509 = new X509Certificate(pem);
  return {
    pem,
    subject: commonName(x509.subject),
    names: [...(x509.subjectAltName ?? "").matchAll(/DNS:([^,\s]+)/g)].map(([, name = ""]) => name),
    notBefore: x509.validFromDate,
    notAfter: x509.validToDate,
    fingerprint: fingerprintOf(x509),
    isAuthority: x509.ca,
  };
}

const commonName = (subject: string): string => /^CN=(.*)$/m.exec(subject)?.[1] ?? subject.replaceAll("\n", ", ");

/**
 * Why a chain, leaf first, does not end at one of these CAs, as Go's verification reads it: a certificate that is
 * itself trusted ends the chain. `undefined`: it does end there.
 */
export function refusal(chain: readonly Certificate[], authorities: readonly Certificate[]): string | undefined {
  const [leaf, ...rest] = chain.map(parsed);
  if (leaf === undefined) return "there is no certificate";
  const { last, isTrusted } = climbed(leaf, rest, towards(authorities.map(parsed)));
  if (isTrusted) return undefined;
  const issuer = commonName(last.issuer);
  const known = authorities.map(({ subject }) => subject).join(", ");
  return `it is signed by ${issuer}, the entry trusts ${known === "" ? "none" : known}${known === issuer ? " with another key" : ""}`;
}

const parsed = ({ pem }: Certificate): X509Certificate => new X509Certificate(pem);
