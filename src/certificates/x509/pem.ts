/** PEM text (RFC 7468), and what is read of it alike by whoever reads certificates and keys. */
import { createPrivateKey } from "node:crypto";
import type { KeyObject, X509Certificate } from "node:crypto";
import { firstLineOf } from "../../core/base/text/words.ts";
import type { Result } from "../../core/base/text/result.ts";

/** The certificates in a text, each with its lines of dashes. */
export const pemBlocks = (text: string): readonly string[] =>
  text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];

/** A private key: PKCS#8 or OpenSSL's own forms. */
export function readPrivateKey(text: string, at: string): Result<KeyObject> {
  try {
    return { value: createPrivateKey(text) };
  } catch (error) {
    return { issues: [{ at, message: `is no unencrypted private key in PEM form: ${firstLineOf(error)}` }] };
  }
}

/** SHA-256 of a certificate, in lower-case hexadecimal. */
export const fingerprintOf = ({ fingerprint256 }: Pick<X509Certificate, "fingerprint256">): string =>
  fingerprint256.replaceAll(":", "").toLowerCase();
