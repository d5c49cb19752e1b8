/** PEM text (RFC 7468), and what is read of it alike by whoever reads certificates and keys. */
import { createPrivateKey } from "node:crypto";
import type { KeyObject, X509Certificate } from "node:crypto";
import { firstLineOf } from "../../core/base/text/words.ts";
import type { Result } from "../../core/base/text/result.ts";
import { allOf, failed } from "../../core/base/text/result.ts";

/** A certificate, or a chain with the leaf first, and its key. */
export interface PemPair {
  readonly certificate: string;
  readonly key: string;
}

/** The certificates in a text, each with its lines of dashes. */
export const pemBlocks = (text: string): readonly string[] =>
  text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];

/** Each certificate of a text as `read` makes it of its PEM and its place, or why it cannot be read. */
export const certificatesIn = <Read>(
  text: string,
  at: string,
  read: (pem: string, at: string) => Read,
): readonly Result<Read>[] =>
  pemBlocks(text).map((pem, index, { length }) => {
    const place = at !== "" && length === 1 ? at : `${at}${at === "" ? "" : ", "}certificate ${index + 1}`;
    try {
      return { value: read(pem, place) };
    } catch (error) {
      return failed(place, `cannot be read: ${firstLineOf(error)}`);
    }
  });

/** All of them, at least one. */
export function chainIn<Read>(
  ...[text, at, read]: Parameters<typeof certificatesIn<Read>>
): Result<readonly [Read, ...(readonly Read[])]> {
  const all = allOf(certificatesIn(text, at, read));
  if ("issues" in all) return all;
  const [first, ...others] = all.value;
  return first === undefined ? failed(at, "has no PEM certificate") : { value: [first, ...others] };
}

/** A private key: PKCS#8 or OpenSSL's own forms. */
export function readPrivateKey(text: string, at: string): Result<KeyObject> {
  try {
    return { value: createPrivateKey(text) };
  } catch (error) {
    return failed(at, `is not an unencrypted private key in PEM form: ${firstLineOf(error)}`);
  }
}

/** SHA-256 of a certificate, in lower-case hexadecimal. */
export const fingerprintOf = ({ fingerprint256 }: Pick<X509Certificate, "fingerprint256">): string =>
  fingerprint256.replaceAll(":", "").toLowerCase();
