/**
 * The CAs of a mesh as `weft install` makes them: the anchor that every proxy trusts, and the issuer below it that signs
 * workloads' certificates.
 */
import { createPrivateKey } from "node:crypto";
import type { PemPair } from "../x509/pem.ts";
import { makeRoot } from "../x509/root.ts";
import {
  algorithm,
  authorityKeyIdentifier,
  newKeys,
  pemPair,
  serialNumber,
  signingKey,
  x509Library,
} from "../x509/x509.ts";
import type { Validity } from "../x509/x509.ts";

/** A root named `root.linkerd.<trust domain>`, for as long as is said; 10 years are usual. */
export const makeAnchor = ({
  trustDomain,
  validity,
}: {
  readonly trustDomain: string;
  readonly validity: Validity;
}): Promise<PemPair> => makeRoot({ commonName: nameOf("root", trustDomain), validity, below: 1 });

/**
 * An issuer named `identity.linkerd.<trust domain>`, signed by an ECDSA anchor; 1 year is usual. It may sign
 * leaves and no other CAs.
 */
export async function makeIssuer({
  anchor,
  trustDomain,
  validity,
}: {
  readonly anchor: PemPair;
  readonly trustDomain: string;
  readonly validity: Validity;
}): Promise<PemPair> {
  const x509 = await x509Library();
  const parent = new x509.X509Certificate(anchor.certificate);
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [{ CN: [nameOf("identity", trustDomain)] }],
    issuer: parent.subjectName,
    ...validity,
    // A chain is valid as long as its shortest certificate.
    notAfter: new Date(Math.min(validity.notAfter.getTime(), parent.notAfter.getTime())),
    publicKey: keys.publicKey,
    signingKey: signingKey(createPrivateKey(anchor.key)),
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await authorityKeyIdentifier(x509, parent),
    ],
  });
  return pemPair(x509, certificate.toString("pem"), keys);
}

// A common name holds 64 characters at most (RFC 5280, appendix A.1).
const nameOf = (role: "root" | "identity", trustDomain: string): string => {
  const whole = `${role}.linkerd.${trustDomain}`;
  return whole.length <= 64 ? whole : `${role}.linkerd`;
};
