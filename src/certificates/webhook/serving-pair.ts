/** The certificate and key that the webhook serves with: what makes a pair usable. */
import { firstLineOf } from "../../core/base/text/words.ts";
import type { Result } from "../../core/base/text/result.ts";
import { allOf } from "../../core/base/text/result.ts";
import { X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import { chainIn, fingerprintOf, readPrivateKey } from "../x509/pem.ts";

/** A pair that was checked: `certificate` is a PEM chain, leaf first. */
export interface ServingPair {
  readonly certificate: string;
  readonly key: string;
  /** The leaf's, as OpenSSL writes them: `DNS:weft.linkerd.svc, IP Address:127.0.0.1`. */
  readonly names: string;
  readonly notAfter: Date;
  /** SHA-256 of the leaf, in hexadecimal. */
  readonly fingerprint: string;
}

/** PEM text of both halves, and what to call them in issues: usually their file names. */
export interface PairText {
  readonly certificate: string;
  readonly key: string;
  readonly names?: { readonly certificate: string; readonly key: string };
}

/** Checks that both can be read, belong together, have not expired at `now`, and that TLS takes them. */
export const servingPair = (
  { certificate, key, names = { certificate: "tls.crt", key: "tls.key" } }: PairText,
  now: Date,
): Result<ServingPair> => {
  const both = allOf([
    chainIn(certificate, names.certificate, (pem) => new X509Certificate(pem)),
    readPrivateKey(key, names.key),
  ]);
  if ("issues" in both) return both;
  const [[leaf], privateKey] = both.value;
  const notAfter = leaf.validToDate;
  const issues = [
    ...(leaf.checkPrivateKey(privateKey)
      ? []
      : [{ at: names.key, message: `is not the key of the certificate in ${names.certificate}` }]),
    ...(notAfter > now ? [] : [{ at: names.certificate, message: `expired at ${notAfter.toISOString()}` }]),
  ];
  const refusal = issues.length > 0 ? undefined : refusalOfTls(certificate, key);
  if (refusal !== undefined) issues.push({ at: names.certificate, message: `TLS does not take it: ${refusal}` });
  if (issues.length > 0) return { issues };
  const fingerprint = fingerprintOf(leaf);
  return { value: { certificate, key, names: leaf.subjectAltName ?? "", notAfter, fingerprint } };
};

// OpenSSL has rules of its own, such as the least size of an RSA key.
const refusalOfTls = (cert: string, key: string): string | undefined => {
  try {
    createSecureContext({ cert, key, minVersion: "TLSv1.3" });
    return undefined;
  } catch (error) {
    return firstLineOf(error);
  }
};
