/**
 * The issuer of a mesh, read from PEM and checked; it signs workloads' certificates and the control plane's own. A part
 * of the leaf is the same each time, and made once.
 */
import { createPrivateKey } from "node:crypto";
import type { KeyObject } from "node:crypto";
import type { Extension } from "@peculiar/x509";
import { judgeAuthority } from "../core/identity/authority.ts";
import type { CsrFacts } from "../core/identity/request.ts";
import type { Validity } from "../core/identity/validity.ts";
import type { Issue } from "../core/mesh/issue.ts";
import { readRequest } from "./certificate-request.ts";
import { readChain, waysUp } from "./issuer-chain.ts";
import type { ReadCertificate } from "./issuer-chain.ts";
import type { PemPair } from "./self-signed.ts";
import { algorithm, authorityKeyIdentifier, newKeys, pemPair, serialNumber, signingKey } from "./x509.ts";
import type { X509 } from "./x509.ts";

export interface MeshIssuer {
  readonly subject: string;
  /** SHA-256 of the certificate, in hexadecimal. */
  readonly fingerprint: string;
  /** What it has in common with everything above it. */
  readonly validity: Validity;
  /** PEM: whom the mesh trusts. */
  readonly anchors: string;
  /** DER: the issuer itself, then what its file has above it. Anchors are left out: whoever asks has them. */
  readonly intermediates: readonly Uint8Array[];
  /** A request in DER; what it says has to be judged before it is signed. */
  readonly readRequest: (der: Uint8Array) => Promise<SignableRequest | { readonly malformed: string }>;
  /** A certificate for these DNS names with a new key (P-256); the chain is leaf first, then the intermediates. */
  readonly servingPair: (names: readonly string[], validity: Validity) => Promise<PemPair>;
}

export interface SignableRequest {
  readonly facts: CsrFacts;
  /** The leaf in DER. */
  readonly sign: (leaf: LeafPlan) => Promise<Uint8Array>;
}

export interface LeafPlan {
  readonly dnsName: string;
  /** A name beside it, such as `spiffe://cluster.local/ns/shop/sa/web`. */
  readonly uri?: string | undefined;
  readonly validity: Validity;
}

export interface IssuerTexts {
  /** PEM: the issuer first, CAs above it after it. */
  readonly certificate: string;
  /** PEM: PKCS#8 or OpenSSL's own forms. */
  readonly key: string;
  /** PEM, any number. */
  readonly anchors: string;
  /** What to call them in issues: usually their file names. */
  readonly names: { readonly certificate: string; readonly key: string; readonly anchors: string };
}

/** An issuer that may sign now, or everything that speaks against it. */
export function meshIssuer(
  x509: X509,
  { certificate, key, anchors, names }: IssuerTexts,
  now: Date,
): { readonly value: MeshIssuer } | { readonly issues: readonly Issue[] } {
  const chain = readChain(x509, certificate, names.certificate);
  const roots = readChain(x509, anchors, names.anchors);
  const privateKey = readKey(key, names.key);
  const issues = [chain, roots, privateKey].flatMap((read) => ("issues" in read ? read.issues : []));
  if ("issues" in chain || "issues" in roots) return { issues };
  const [issuer] = chain.value;
  const judged = judgeAuthority({
    issuer: issuer.facts,
    keyMatches: "value" in privateKey ? issuer.node.checkPrivateKey(privateKey.value) : undefined,
    keyAt: names.key,
    paths: waysUp(chain.value, roots.value),
    anchors: roots.value.map(({ facts }) => facts),
    now: now.getTime(),
  });
  if ("issues" in judged) return { issues: [...issues, ...judged.issues] };
  if ("issues" in privateKey) return { issues };
  const isAnchor = ({ node }: ReadCertificate): boolean => roots.value.some((root) => root.node.raw.equals(node.raw));
  const intermediates = chain.value.filter((each, index) => index === 0 || !isAnchor(each));
  return { value: issuerOf(x509, { intermediates, key: privateKey.value, anchors, validity: judged.value }) };
}

interface IssuerParts {
  readonly intermediates: readonly ReadCertificate[];
  readonly key: KeyObject;
  readonly anchors: string;
  readonly validity: Validity;
}

function issuerOf(x509: X509, { intermediates, key, anchors, validity }: IssuerParts): MeshIssuer {
  const [issuer] = intermediates;
  if (issuer === undefined) throw new Error("a chain has its issuer");
  const sign = signer(x509, issuer, key);
  const chain = intermediates.map(({ pem }) => `${pem}\n`).join("");
  return {
    subject: issuer.facts.subject,
    fingerprint: issuer.node.fingerprint256.replaceAll(":", "").toLowerCase(),
    validity,
    anchors,
    intermediates: intermediates.map(({ node }) => node.raw),
    readRequest: async (der) => {
      const read = await readRequest(x509, der);
      if ("malformed" in read) return read;
      const { facts, parsed } = read;
      return {
        facts,
        sign: async ({ dnsName, uri, validity }) => {
          const { subjectName: subject, publicKey } = parsed;
          const uris = uri === undefined ? [] : [uri];
          return new Uint8Array((await sign({ subject, publicKey, dnsNames: [dnsName], uris, validity })).rawData);
        },
      };
    },
    servingPair: async (names, validity) => {
      const keys = await newKeys();
      const [name = ""] = names;
      // A common name holds 64 characters at most (RFC 5280, appendix A.1), and nobody reads it.
      const subject = new x509.Name(name.length <= 64 ? [{ CN: [name] }] : [{ CN: ["weft"] }]);
      const publicKey = await x509.PublicKey.create(keys.publicKey);
      const leaf = await sign({ subject, publicKey, dnsNames: names, uris: [], validity });
      const pair = await pemPair(x509, leaf.toString("pem"), keys);
      return { ...pair, certificate: `${pair.certificate}${chain}` };
    },
  };
}

interface LeafParts {
  readonly subject: InstanceType<X509["Name"]>;
  readonly publicKey: InstanceType<X509["PublicKey"]>;
  readonly dnsNames: readonly string[];
  readonly uris: readonly string[];
  readonly validity: Validity;
}

/** Signs leaves of the one shape that the mesh has (contract 2.4). */
function signer(
  x509: X509,
  issuer: ReadCertificate,
  key: KeyObject,
): (leaf: LeafParts) => Promise<InstanceType<X509["X509Certificate"]>> {
  const signWith = signingKey(key);
  const { subjectName } = issuer.parsed;
  const { digitalSignature, keyEncipherment } = x509.KeyUsageFlags;
  const { serverAuth, clientAuth } = x509.ExtendedKeyUsage;
  const uses: readonly Extension[] = [
    new x509.KeyUsagesExtension(digitalSignature | keyEncipherment, true),
    new x509.ExtendedKeyUsageExtension([serverAuth, clientAuth]),
  ];
  let identifier: Promise<Extension> | undefined;
  return async ({ subject, publicKey, dnsNames, uris, validity }) => {
    identifier ??= authorityKeyIdentifier(x509, issuer.parsed);
    // Peers take the first name for the identity, so DNS names come first.
    const names = [
      ...dnsNames.map((value) => ({ type: "dns" as const, value })),
      ...uris.map((value) => ({ type: "url" as const, value })),
    ];
    // Critical where there is no subject (RFC 5280, section 4.2.1.6).
    const isNameless = subject.toJSON().length === 0;
    return x509.X509CertificateGenerator.create({
      serialNumber: serialNumber(),
      subject,
      issuer: subjectName,
      notBefore: new Date(validity.notBefore),
      notAfter: new Date(validity.notAfter),
      publicKey,
      signingKey: signWith,
      signingAlgorithm: { name: algorithm.name, hash: algorithm.hash },
      extensions: [...uses, new x509.SubjectAlternativeNameExtension(names, isNameless), await identifier],
    });
  };
}

function readKey(text: string, at: string): { readonly value: KeyObject } | { readonly issues: readonly Issue[] } {
  try {
    return { value: createPrivateKey(text) };
  } catch (error) {
    const words = (error instanceof Error ? error.message : String(error)).split("\n", 1)[0] ?? "";
    return { issues: [{ at, message: `is no unencrypted private key in PEM form: ${words}` }] };
  }
}
