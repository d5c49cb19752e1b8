/** A CA of weft's own making, and leaves that it signs. */
import { webcrypto } from "node:crypto";
import type { PemPair } from "../x509/pem.ts";
import {
  algorithm,
  commonName,
  keyDer,
  newKeys,
  pemPair,
  serialNumber,
  servingExtensions,
  x509Library,
} from "../x509/x509.ts";
import type { Validity } from "../x509/x509.ts";

export type { Validity } from "../x509/x509.ts";

/** A CA that signs itself; it may sign leaves and no other CAs. A part of its serial in its name tells it from others. */
export async function makeAuthority(validity: Validity): Promise<PemPair> {
  const x509 = await x509Library();
  const keys = await newKeys();
  const serial = serialNumber();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial,
    name: [{ CN: [`weft webhook CA ${serial.slice(2, 14)}`] }],
    ...validity,
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return pemPair(x509, certificate.toString("pem"), keys);
}

/** A serving certificate for these DNS names and IP addresses, with its CA behind it in the chain. */
export async function issueLeaf(authority: PemPair, names: readonly string[], validity: Validity): Promise<PemPair> {
  const x509 = await x509Library();
  const issuer = new x509.X509Certificate(authority.certificate);
  const signingKey = await webcrypto.subtle.importKey("pkcs8", keyDer(authority.key), algorithm, false, ["sign"]);
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [{ CN: [commonName(names)] }],
    issuer: issuer.subjectName,
    ...validity,
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: algorithm,
    extensions: [
      ...servingExtensions(x509, names),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  const { certificate: leaf, key } = await pemPair(x509, certificate.toString("pem"), keys);
  return { certificate: `${leaf}${authority.certificate}`, key };
}
