/** PEM text (RFC 7468), and what is read of it alike by whoever reads certificates and keys. */
import { createPrivateKey } from "node:crypto";
import type { KeyObject, X509Certificate } from "node:crypto";
import { firstLineOf } from "../../core/base/text/words.ts";
import type { Failed, Result } from "../../core/base/text/result.ts";
import { allOf, failed } from "../../core/base/text/result.ts";

/** A certificate, or a chain with the leaf first, and its key. */
export interface PemPair {
  readonly certificate: string;
  readonly key: string;
}

const block = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** The certificates in a text, each with its lines of dashes. */
export const pemBlocks = (text: string): readonly string[] => text.match(block) ?? [];

/** What else there is in the text. */
export const besideBlocks = (text: string): string => text.replaceAll(block, "").trim();

/** Different certificates in one text: reading one takes up to a millisecond, and nothing else goes on meanwhile. */
export const mostCertificates = 512;

/** Undefined: there are no more than may be. */
export function excessBlocks(blocks: readonly string[], at: string): Failed | undefined {
  const { size } = new Set(blocks);
  return size > mostCertificates
    ? failed(at, `has ${size} different certificates, and may have ${mostCertificates}: leave out those not in use`)
    : undefined;
}

/**
 * Each certificate of a text as `read` makes it of its PEM and its place, or why it cannot be read; that there are too
 * many, in place of all.
 */
export function certificatesIn<Read>(
  text: string,
  at: string,
  read: (pem: string, at: string) => Read,
): readonly Result<Read>[] {
  const blocks = pemBlocks(text);
  const over = excessBlocks(blocks, at);
  if (over !== undefined) return [over];
  return blocks.map((pem, index, { length }) => {
    const place = at !== "" && length === 1 ? at : `${at}${at === "" ? "" : ", "}certificate ${index + 1}`;
    try {
      return { value: read(pem, place) };
    } catch (error) {
      return failed(place, `cannot be read: ${firstLineOf(error)}`);
    }
  });
}

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
