/** Certificates of CAs from PEM, as facts; and the ways from an issuer up to an anchor. */
import { firstLineOf } from "../../core/base/text/words.ts";
import { X509Certificate } from "node:crypto";
import type { X509Certificate as ParsedCertificate } from "@peculiar/x509";
import type { CertificateFacts } from "../../core/identity/authority.ts";
import type { Result } from "../../core/base/text/result.ts";
import { allOf, failed } from "../../core/base/text/result.ts";
import { pemBlocks } from "../x509/pem.ts";
import { keyName } from "../x509/x509.ts";
import type { X509 } from "../x509/x509.ts";

export interface ReadCertificate {
  readonly pem: string;
  readonly facts: CertificateFacts;
  /** Verifies, and answers what the other one does not. */
  readonly node: X509Certificate;
  readonly parsed: ParsedCertificate;
}

export type Chain = readonly [ReadCertificate, ...(readonly ReadCertificate[])];

/** Every certificate of a text, which has at least one; or what cannot be read. */
export function readChain(x509: X509, text: string, at: string): Result<Chain> {
  const blocks = pemBlocks(text);
  const read = allOf(
    blocks.map((pem, index) => readOne(x509, pem, blocks.length === 1 ? at : `${at}, certificate ${index + 1}`)),
  );
  if ("issues" in read) return read;
  const [first, ...others] = read.value;
  return first === undefined ? failed(at, "has no PEM certificate") : { value: [first, ...others] };
}

/** Every way; the certificates of the chain may stand in any order after the issuer. */
export function waysUp([issuer, ...others]: Chain, anchors: readonly ReadCertificate[]): readonly CertificateFacts[][] {
  if (anchors.some(({ node }) => node.raw.equals(issuer.node.raw))) return [[issuer.facts]];
  const ways = (from: ReadCertificate, left: readonly ReadCertificate[]): CertificateFacts[][] => [
    ...anchors.flatMap((anchor) => (signs(anchor, from) ? [[from.facts, anchor.facts]] : [])),
    ...left.flatMap((next) =>
      signs(next, from)
        ? ways(
            next,
            left.filter((each) => each !== next),
          ).map((way) => [from.facts, ...way])
        : [],
    ),
  ];
  return ways(issuer, others);
}

function readOne(x509: X509, pem: string, at: string): Result<ReadCertificate> {
  try {
    const node = new X509Certificate(pem);
    const parsed = new x509.X509Certificate(pem);
    const constraints = parsed.getExtension(x509.BasicConstraintsExtension);
    const usages = parsed.getExtension(x509.KeyUsagesExtension)?.usages ?? x509.KeyUsageFlags.keyCertSign;
    const facts: CertificateFacts = {
      at,
      subject: nameText(node.subject),
      issuer: nameText(node.issuer),
      isAuthority: constraints?.ca ?? false,
      maySign: (usages & x509.KeyUsageFlags.keyCertSign) !== 0,
      pathLength: constraints?.pathLength,
      key: keyName(node.publicKey),
      notBefore: node.validFromDate.getTime(),
      notAfter: node.validToDate.getTime(),
    };
    return { value: { pem, facts, node, parsed } };
  } catch (error) {
    return failed(at, `cannot be read: ${firstLineOf(error)}`);
  }
}

const signs = ({ node: parent }: ReadCertificate, { node: child }: ReadCertificate): boolean =>
  child.issuer === parent.subject && child.verify(parent.publicKey);

const nameText = (name: string | undefined): string => (name ?? "").replaceAll("\n", ", ");
