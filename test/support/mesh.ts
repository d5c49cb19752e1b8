/** A mesh's anchors and issuer for tests, loaded as the control plane loads them; requests that are unlike a proxy's. */
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { makeAnchor, makeIssuer } from "../../src/certificates/mesh/authority.ts";
import { meshIssuer } from "../../src/certificates/mesh/issuer.ts";
import type { MeshIssuer } from "../../src/certificates/mesh/issuer.ts";
import type { PemPair } from "../../src/certificates/x509/self-signed.ts";
import { libraries } from "../../src/certificates/x509/asn1.ts";
import { issueText } from "../../src/core/base/text/issue.ts";

export const trustDomain = "cluster.local";
export const domain = { controlPlaneNamespace: "linkerd", trustDomain };

export const identityNamed = (serviceAccount: string, namespace: string): string =>
  `${serviceAccount}.${namespace}.serviceaccount.identity.linkerd.cluster.local`;

const hour = 3_600_000;

export interface TestMesh {
  readonly anchor: PemPair;
  readonly issuerPem: PemPair;
  readonly issuer: MeshIssuer;
}

/** Valid from an hour ago until so many milliseconds after now. */
export async function testMesh(now = Date.now(), life = 100 * hour): Promise<TestMesh> {
  const validity = { notBefore: new Date(now - hour), notAfter: new Date(now + life) };
  const anchor = await makeAnchor({ trustDomain, validity });
  const issuerPem = await makeIssuer({ anchor, trustDomain, validity });
  return { anchor, issuerPem, issuer: await loaded(issuerPem, anchor.certificate, now) };
}

export const issuerNames = { certificate: "tls.crt", key: "tls.key", anchors: "ca-bundle.crt" };

export async function loaded(pair: PemPair, anchors: string, now = Date.now()): Promise<MeshIssuer> {
  const read = meshIssuer(await libraries(), { ...pair, anchors, names: issuerNames }, new Date(now));
  if ("issues" in read) throw new Error(read.issues.map(issueText).join("; "));
  return read.value;
}

export interface OddRequest {
  readonly commonNames?: readonly string[];
  readonly names?: readonly { readonly type: "dns" | "email" | "ip" | "url"; readonly value: string }[];
  readonly key?: "P-256" | "P-384" | "P-521" | "RSA" | "Ed25519";
  /** Bytes after the end of its names, under the signature. */
  readonly trailing?: boolean;
}

/** A certificate signing request in DER. */
export async function oddRequest({
  commonNames = [],
  names = [],
  key = "P-256",
  trailing,
}: OddRequest): Promise<Buffer> {
  x509.cryptoProvider.set(webcrypto);
  const algorithm = keyAlgorithms[key];
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const extension = () => new x509.SubjectAlternativeNameExtension([...names]);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: commonNames.map((name) => ({ CN: [name] })),
    keys: keys as webcrypto.CryptoKeyPair,
    signingAlgorithm: algorithm,
    extensions: names.length === 0 ? [] : [trailing === true ? goesOn(extension()) : extension()],
  });
  return Buffer.from(request.rawData);
}

const goesOn = ({ type, critical, value }: x509.Extension): x509.Extension =>
  new x509.Extension(type, critical, Buffer.concat([Buffer.from(value), Buffer.of(0, 0)]));

const elliptic = (namedCurve: string) => ({ name: "ECDSA", namedCurve, hash: "SHA-256" });

const keyAlgorithms = {
  "P-256": elliptic("P-256"),
  "P-384": elliptic("P-384"),
  "P-521": elliptic("P-521"),
  RSA: {
    name: "RSASSA-PKCS1-v1_5",
    hash: "SHA-256",
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
  },
  Ed25519: { name: "Ed25519", hash: "SHA-256" },
};
