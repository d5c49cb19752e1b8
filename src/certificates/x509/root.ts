/** A CA that signs itself, and leaves that it signs. */
import { createPrivateKey } from "node:crypto";
import type { KeyObject, webcrypto } from "node:crypto";
import type { PemPair } from "./pem.ts";
import {
  algorithm,
  curveName,
  leafExtensions,
  newKeys,
  pemPair,
  serialNumber,
  signingKey,
  x509Library,
} from "./x509.ts";
import type { LeafUsage, Validity } from "./x509.ts";

export interface RootOrder {
  readonly commonName: string;
  readonly validity: Validity;
  /** CAs that may stand between it and a leaf; none is usual. */
  readonly below?: number;
  readonly serial?: string;
}

export async function makeRoot({
  commonName,
  validity,
  below = 0,
  serial = serialNumber(),
}: RootOrder): Promise<PemPair> {
  const x509 = await x509Library();
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial,
    name: [{ CN: [commonName] }],
    ...validity,
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, below, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return pemPair(x509, certificate.toString("pem"), keys);
}

export interface LeafOrder {
  /** Undefined: none. It holds 64 characters at most (RFC 5280, appendix A.1). */
  readonly commonName: string | undefined;
  /** DNS names and IP addresses. */
  readonly names: readonly string[];
  readonly usages: readonly LeafUsage[];
  readonly validity: Validity;
}

/** The leaf alone, with a new key. The root's own may be one of ECDSA or RSA, in whatever form. */
export async function makeLeaf(root: PemPair, { commonName, names, usages, validity }: LeafOrder): Promise<PemPair> {
  const x509 = await x509Library();
  const issuer = new x509.X509Certificate(root.certificate);
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: commonName === undefined ? [] : [{ CN: [commonName] }],
    issuer: issuer.subjectName,
    ...validity,
    publicKey: keys.publicKey,
    ...signer(createPrivateKey(root.key)),
    extensions: [
      ...leafExtensions(x509, names, usages, { isNameless: commonName === undefined }),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return pemPair(x509, certificate.toString("pem"), keys);
}

/** Whether leaves can be signed with it. */
export const canSign = (key: KeyObject): boolean => key.asymmetricKeyType === "rsa" || curveName(key) !== undefined;

const rsa = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" } as const;

const signer = (
  key: KeyObject,
): { readonly signingKey: webcrypto.CryptoKey; readonly signingAlgorithm: typeof rsa | typeof algorithm } =>
  key.asymmetricKeyType === "rsa"
    ? { signingKey: key.toCryptoKey(rsa, false, ["sign"]), signingAlgorithm: rsa }
    : { signingKey: signingKey(key), signingAlgorithm: algorithm };
