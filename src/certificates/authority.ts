/** A CA of weft's own making, and leaves that it signs. ECDSA with P-256 and SHA-256 throughout (RFC 5480, RFC 5758). */
import { createPrivateKey, randomBytes, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import type * as X509Module from "@peculiar/x509";
import type { PemPair } from "./self-signed.ts";

export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

type X509 = typeof X509Module;

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** A CA that signs itself; it may sign leaves and no other CAs. A part of its serial in its name tells it from others. */
export async function makeAuthority(validity: Validity): Promise<PemPair> {
  const x509 = await library();
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
  const x509 = await library();
  const issuer = new x509.X509Certificate(authority.certificate);
  const signingKey = await webcrypto.subtle.importKey("pkcs8", der(authority.key), algorithm, false, ["sign"]);
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
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) === 0 ? ("dns" as const) : ("ip" as const), value })),
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  const { certificate: leaf, key } = await pemPair(x509, certificate.toString("pem"), keys);
  return { certificate: `${leaf}${authority.certificate}`, key };
}

/** Loaded when it is needed: it costs 0.1 s. */
async function library(): Promise<X509> {
  const x509 = await import("@peculiar/x509");
  x509.cryptoProvider.set(webcrypto);
  return x509;
}

const newKeys = (): Promise<webcrypto.CryptoKeyPair> =>
  webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);

// 128 random bits. The byte before them keeps the number positive and of one length (RFC 5280, section 4.1.2.2).
const serialNumber = (): string => `01${randomBytes(16).toString("hex")}`;

async function pemPair(x509: X509, certificate: string, { privateKey }: webcrypto.CryptoKeyPair): Promise<PemPair> {
  const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", privateKey), "PRIVATE KEY");
  return { certificate: `${certificate.trimEnd()}\n`, key: `${key.trimEnd()}\n` };
}

// Whatever form the key has in the Secret, such as OpenSSL's own (SEC 1).
const der = (pem: string): Buffer => createPrivateKey(pem).export({ type: "pkcs8", format: "der" });

// A common name holds 64 characters at most (RFC 5280, appendix A.1).
const commonName = (names: readonly string[]): string =>
  names.find((name) => isIP(name) === 0 && name.length <= 64) ?? "weft";
