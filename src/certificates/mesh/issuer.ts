/**
 * The issuer of a mesh, read from PEM and checked; it signs workloads' certificates and the control plane's own.
 */
import { X509Certificate, generateKeyPair } from "node:crypto";
import type { KeyObject } from "node:crypto";
import type { Name } from "@peculiar/asn1-x509";
import { promisify } from "node:util";
import { judgeAuthority } from "../../core/identity/authority.ts";
import type { CsrFacts } from "../../core/identity/request.ts";
import type { Validity } from "../../core/identity/validity.ts";
import { oids, ownBuffer } from "../x509/asn1.ts";
import type { Libraries } from "../x509/asn1.ts";
import { readRequest } from "./certificate-request.ts";
import { readChain, waysUp } from "./issuer-chain.ts";
import type { ReadCertificate } from "./issuer-chain.ts";
import { leafSigner } from "./leaf.ts";
import type { LeafParts } from "./leaf.ts";
import { fingerprintOf, readPrivateKey } from "../x509/pem.ts";
import type { PemPair } from "../x509/pem.ts";
import type { Broken, Result } from "../../core/base/text/result.ts";
import { issuesOf } from "../../core/base/text/result.ts";

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
  readonly readRequest: (der: Uint8Array) => SignableRequest | { readonly malformed: string };
  /** A certificate for these DNS names with a new key (P-256); the chain is leaf first, then the intermediates. */
  readonly servingPair: (names: readonly string[], validity: Validity) => Promise<PemPair>;
}

export interface SignableRequest {
  readonly facts: CsrFacts;
  /** The leaf in DER. */
  readonly sign: (leaf: LeafPlan) => Promise<Uint8Array>;
}

interface LeafPlan {
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

/**
 * An issuer that may sign now, or everything that speaks against it; `goodFrom`: that is nothing any more at that time, in
 * milliseconds since 1970.
 */
export function meshIssuer(
  libraries: Libraries,
  { certificate, key, anchors, names }: IssuerTexts,
  now: Date,
): Result<MeshIssuer, Broken> {
  const { x509 } = libraries;
  const chain = readChain(x509, certificate, names.certificate);
  const roots = readChain(x509, anchors, names.anchors);
  const privateKey = readPrivateKey(key, names.key);
  const issues = [chain, roots, privateKey].flatMap(issuesOf);
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
  if ("issues" in privateKey) return { issues: [...issues, ...issuesOf(judged)] };
  if ("issues" in judged) return judged;
  const isAnchor = ({ node }: ReadCertificate): boolean => roots.value.some((root) => root.node.raw.equals(node.raw));
  const intermediates = chain.value.filter((each, index) => index === 0 || !isAnchor(each));
  return { value: issuerOf(libraries, { intermediates, key: privateKey.value, anchors, validity: judged.value }) };
}

interface IssuerParts {
  readonly intermediates: readonly ReadCertificate[];
  readonly key: KeyObject;
  readonly anchors: string;
  readonly validity: Validity;
}

function issuerOf(libraries: Libraries, { intermediates, key, anchors, validity }: IssuerParts): MeshIssuer {
  const [issuer] = intermediates;
  if (issuer === undefined) throw new Error("a chain has its issuer");
  const sign = leafSigner(libraries, issuer.parsed, key);
  const chain = intermediates.map(({ pem }) => `${pem}\n`).join("");
  return {
    subject: issuer.facts.subject,
    fingerprint: fingerprintOf(issuer.node),
    validity,
    anchors,
    intermediates: intermediates.map(({ node }) => node.raw),
    readRequest: (der) => {
      const read = readRequest(libraries, der);
      if ("malformed" in read) return read;
      const { facts, publicKey } = read;
      return {
        facts,
        sign: ({ dnsName, uri, validity }) => {
          // A proxy's request has its name there, and its library may not read a certificate without one.
          const subject = subjectOf(libraries, facts.commonNames.length > 0 ? dnsName : undefined);
          return sign({ subject, publicKey, dnsNames: [dnsName], uris: uri === undefined ? [] : [uri], validity });
        },
      };
    },
    servingPair: async (names, validity) => {
      const keys = await newKeyPair("ec", { namedCurve: "P-256" });
      const leaf = await sign({ ...ownParts(libraries, names, keys.publicKey), dnsNames: names, uris: [], validity });
      return {
        certificate: `${pemOf(leaf)}${chain}`,
        key: keys.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
      };
    },
  };
}

const newKeyPair = promisify(generateKeyPair);

function ownParts(
  libraries: Libraries,
  [name = ""]: readonly string[],
  key: KeyObject,
): Pick<LeafParts, "subject" | "publicKey"> {
  const spki = ownBuffer(key.export({ type: "spki", format: "der" }));
  // A common name holds 64 characters at most (RFC 5280, appendix A.1), and nobody reads it.
  const subject = subjectOf(libraries, name.length <= 64 ? name : "weft");
  return { subject, publicKey: libraries.schema.AsnConvert.parse(spki, libraries.certificate.SubjectPublicKeyInfo) };
}

function subjectOf({ certificate }: Libraries, name: string | undefined): Name {
  if (name === undefined) return new certificate.Name();
  const value = new certificate.AttributeValue({ utf8String: name });
  const commonName = new certificate.AttributeTypeAndValue({ type: oids.commonName, value });
  return new certificate.Name([new certificate.RelativeDistinguishedName([commonName])]);
}

const pemOf = (der: Uint8Array): string => new X509Certificate(der).toString();
