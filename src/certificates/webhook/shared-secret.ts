/** Secrets with certificates of weft's: their texts → what `core/renewal` decides about, and the PEM behind it. */
import { X509Certificate } from "node:crypto";
import type { Issue } from "../../core/base/text/issue.ts";
import type { Authority, Leaf, SecretFacts } from "../../core/renewal/facts.ts";
import { issuesOf } from "../../core/base/text/result.ts";
import { besideBlocks, certificatesIn, fingerprintOf, readPrivateKey } from "../x509/pem.ts";
import { isSignedBy } from "../x509/signed-by.ts";
import type { PemPair } from "../x509/pem.ts";

/** Keys of the Secret. */
export const secretKeys = {
  /** CAs to trust. */
  bundle: "ca.crt",
  /** The CA that signs. */
  signer: "signer.crt",
  signerKey: "ca.key",
  /** The leaf, and the CA behind it. */
  leaf: "tls.crt",
  leafKey: "tls.key",
} as const;

/** Values of the Secret, decoded from base64. */
export type SecretTexts = Readonly<Record<string, string>>;

/** Those that are weft's. */
export const ownTexts = (texts: SecretTexts): SecretTexts =>
  Object.fromEntries(Object.entries(texts).filter(([key]) => isOwnKey(key)));

export const isOwnKey = (key: string): boolean => Object.values<string>(secretKeys).includes(key);

export interface SharedSecret {
  readonly facts: SecretFacts;
  readonly signer: PemPair | undefined;
  readonly leaf: PemPair | undefined;
  /** PEM of every CA in `facts.authorities`, by fingerprint. */
  readonly authorities: ReadonlyMap<string, string>;
}

export function readSecret(texts: SecretTexts): SharedSecret {
  const bundle = authoritiesIn(texts, secretKeys.bundle);
  const signer = signerIn(texts);
  const leaf = leafIn(texts);
  const chain = leaf.chain.filter(({ certificate }) => certificate.ca);
  const all = [...bundle.good, ...(signer.good === undefined ? [] : [signer.good]), ...chain];
  const authorities = new Map(all.map(({ certificate, pem }) => [fingerprintOf(certificate), { certificate, pem }]));
  const issuer = [...authorities].find(
    ([, { certificate }]) => leaf.good !== undefined && isSignedBy(leaf.good.certificate, certificate),
  );
  const facts: SecretFacts = {
    empty: Object.values(secretKeys).every((key) => textAt(texts, key) === ""),
    authorities: [...authorities.values()].map(({ certificate }) => authorityOf(certificate)),
    trusted: bundle.good.map(({ certificate }) => fingerprintOf(certificate)),
    bundleBroken: bundle.good.length === 0 || bundle.errors.length > 0,
    ...(signer.good === undefined ? {} : { signer: authorityOf(signer.good.certificate) }),
    ...(leaf.good === undefined
      ? {}
      : { leaf: { ...leafOf(leaf.good.certificate), ...(issuer === undefined ? {} : { signedBy: issuer[0] }) } }),
    errors: [...bundle.errors, ...signer.errors, ...leaf.errors],
  };
  return {
    facts,
    signer: signer.good && { certificate: signer.good.pem, key: textAt(texts, secretKeys.signerKey) },
    leaf: leaf.good && { certificate: textAt(texts, secretKeys.leaf), key: textAt(texts, secretKeys.leafKey) },
    authorities: new Map([...authorities].map(([fingerprint, { pem }]) => [fingerprint, pem])),
  };
}

/** Fingerprints of the CAs in a bundle; what cannot be read in it is passed over. */
export const trustedInPem = (pem: string): ReadonlySet<string> =>
  new Set(allIn(pem, "").good.map(({ certificate }) => fingerprintOf(certificate)));

interface Found {
  readonly certificate: X509Certificate;
  readonly pem: string;
}

interface Several {
  readonly good: readonly Found[];
  readonly errors: readonly Issue[];
}

function allIn(text: string, at: string): Several {
  const read = certificatesIn(text, at, (pem) => ({ certificate: new X509Certificate(pem), pem: `${pem.trim()}\n` }));
  return {
    good: read.flatMap((one) => ("value" in one ? [one.value] : [])),
    errors: [
      ...read.flatMap(issuesOf),
      ...(read.length > 0 && besideBlocks(text) !== "" ? [{ at, message: "has text beside its certificates" }] : []),
    ],
  };
}

function authoritiesIn(texts: SecretTexts, key: string): Several {
  const text = textAt(texts, key);
  const { good, errors } = allIn(text, key);
  const noAuthorities = good.filter(({ certificate }) => !certificate.ca);
  return {
    good: good.filter(({ certificate }) => certificate.ca),
    errors: [
      ...errors,
      ...noAuthorities.map(({ certificate }) => ({ at: key, message: `${certificate.subject} is not a CA` })),
      ...(text !== "" && good.length === 0 && errors.length === 0
        ? [{ at: key, message: "has no PEM certificate" }]
        : []),
    ],
  };
}

interface One {
  readonly good: Found | undefined;
  readonly errors: readonly Issue[];
}

function signerIn(texts: SecretTexts): One {
  const { good, errors } = authoritiesIn(texts, secretKeys.signer);
  const [signer] = good;
  if (signer === undefined) return { good: undefined, errors };
  const at = secretKeys.signerKey;
  const issue = keyIssue(signer.certificate, texts, at, secretKeys.signer) ?? curveIssue(signer.certificate, at);
  return issue === undefined ? { good: signer, errors } : { good: undefined, errors: [...errors, issue] };
}

function leafIn(texts: SecretTexts): One & { readonly chain: readonly Found[] } {
  const text = textAt(texts, secretKeys.leaf);
  const { good, errors } = allIn(text, secretKeys.leaf);
  const [leaf, ...chain] = good;
  if (leaf === undefined || errors.length > 0) {
    const nothing =
      text === "" || errors.length > 0 ? [] : [{ at: secretKeys.leaf, message: "has no PEM certificate" }];
    return { good: undefined, errors: [...errors, ...nothing], chain: good };
  }
  const at = secretKeys.leaf;
  const issue = keyIssue(leaf.certificate, texts, secretKeys.leafKey, at) ?? purposeIssue(leaf.certificate, at);
  return issue === undefined ? { good: leaf, errors, chain } : { good: undefined, errors: [...errors, issue], chain };
}

function keyIssue(certificate: X509Certificate, texts: SecretTexts, at: string, of: string): Issue | undefined {
  const text = textAt(texts, at);
  if (text === "") return { at, message: "is absent" };
  const key = readPrivateKey(text, at);
  if ("issues" in key) return key.issues[0];
  return certificate.checkPrivateKey(key.value)
    ? undefined
    : { at: of, message: `is not the certificate of the key in ${at}` };
}

// Leaves are signed with the algorithm of weft's own CAs.
const curveIssue = ({ publicKey }: X509Certificate, at: string): Issue | undefined =>
  publicKey.asymmetricKeyDetails?.namedCurve === "prime256v1"
    ? undefined
    : { at, message: "is not a key on curve P-256" };

// API servers demand id-kp-serverAuth of a certificate that says what it is for.
const purposeIssue = ({ keyUsage }: X509Certificate, at: string): Issue | undefined =>
  keyUsage === undefined || keyUsage.includes("1.3.6.1.5.5.7.3.1") ? undefined : { at, message: "is not for servers" };

const textAt = (texts: SecretTexts, key: string): string => (Object.hasOwn(texts, key) ? (texts[key] ?? "") : "");

const authorityOf = (certificate: X509Certificate): Authority => ({
  fingerprint: fingerprintOf(certificate),
  notBefore: certificate.validFromDate.getTime(),
  notAfter: certificate.validToDate.getTime(),
});

// As OpenSSL writes them: `DNS:weft.linkerd.svc, IP Address:127.0.0.1`.
const leafOf = (certificate: X509Certificate): Leaf => ({
  ...authorityOf(certificate),
  names: (certificate.subjectAltName ?? "").split(", ").map((name) => name.replace(/^(DNS|IP Address):/, "")),
});
