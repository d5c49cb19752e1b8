/** What certificates of weft's making are made with. ECDSA with P-256 and SHA-256 throughout (RFC 5480, RFC 5758). */
import { randomBytes, webcrypto } from "node:crypto";
import type { KeyObject } from "node:crypto";
import type * as X509Module from "@peculiar/x509";
import { isIP } from "node:net";
import type { PemPair } from "./pem.ts";

export type X509 = typeof X509Module;

export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

export const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** Loaded when it is needed: it costs 0.1 s. */
export async function x509Library(): Promise<X509> {
  const x509 = await import("@peculiar/x509");
  x509.cryptoProvider.set(webcrypto);
  return x509;
}

export const newKeys = (): Promise<webcrypto.CryptoKeyPair> =>
  webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);

/** 128 random bits. The byte before them keeps the number positive and of one length (RFC 5280, section 4.1.2.2). */
export const serialNumber = (): string => `01${randomBytes(16).toString("hex")}`;

export async function pemPair(
  x509: X509,
  certificate: string,
  { privateKey }: webcrypto.CryptoKeyPair,
): Promise<PemPair> {
  const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", privateKey), "PRIVATE KEY");
  return { certificate: `${certificate.trimEnd()}\n`, key: `${key.trimEnd()}\n` };
}

// A common name holds 64 characters at most (RFC 5280, appendix A.1), a DNS name may be longer; nobody reads it today.
export const commonName = (names: readonly string[]): string =>
  names.find((name) => isIP(name) === 0 && name.length <= 64) ?? "weft";

/** What a leaf is for, as RFC 5280 has it in its extended key usage. */
export type LeafUsage = "serverAuth" | "clientAuth";

/** Of a leaf with these DNS names and IP addresses; `isNameless`: it has no subject (RFC 5280, section 4.2.1.6). */
export const leafExtensions = (
  x509: X509,
  names: readonly string[],
  usages: readonly LeafUsage[],
  { isNameless } = { isNameless: false },
): readonly X509Module.Extension[] => [
  new x509.BasicConstraintsExtension(false, undefined, true),
  new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
  new x509.ExtendedKeyUsageExtension(usages.map((usage) => x509.ExtendedKeyUsage[usage])),
  new x509.SubjectAlternativeNameExtension(
    names.map((value) => ({ type: isIP(value) === 0 ? ("dns" as const) : ("ip" as const), value })),
    isNameless,
  ),
];

/** As P-256 is called there; undefined: it is no curve that is signed with here. */
export const curveName = (key: KeyObject): string | undefined =>
  curveNames.get(key.asymmetricKeyDetails?.namedCurve ?? "");

// OpenSSL's names, and those of WebCrypto.
const curveNames: ReadonlyMap<string, string> = new Map([
  ["prime256v1", "P-256"],
  ["secp384r1", "P-384"],
  ["secp521r1", "P-521"],
]);

/** A private key of one of these curves, to sign with. */
export const signingKey = (key: KeyObject): webcrypto.CryptoKey =>
  key.toCryptoKey({ name: "ECDSA", namedCurve: curveName(key) ?? "P-256" }, false, ["sign"]);

/** Such as `EC P-256`, `RSA 2048`, `ED25519`. */
export function keyName(key: KeyObject): string {
  const { asymmetricKeyType: type = "unknown", asymmetricKeyDetails: details } = key;
  if (type === "ec") return `EC ${curveName(key) ?? details?.namedCurve ?? "curve unknown"}`;
  return `${type.toUpperCase()}${details?.modulusLength === undefined ? "" : ` ${details.modulusLength}`}`;
}

/** The identifier that the issuer says it has; made of its key where it says none (RFC 5280, section 4.2.1.1). */
export async function authorityKeyIdentifier(
  x509: X509,
  issuer: X509Module.X509Certificate,
): Promise<X509Module.AuthorityKeyIdentifierExtension> {
  const said = issuer.getExtension(x509.SubjectKeyIdentifierExtension);
  if (said !== null) return new x509.AuthorityKeyIdentifierExtension(said.keyId);
  return x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey);
}
