/**
 * The certificates of the tests: servers that sign for themselves, CAs and whom they vouch for, and a mesh with its
 * anchor and issuer.
 */
import { createPrivateKey } from "node:crypto";
import { isIP } from "node:net";
import { generate } from "selfsigned";
import { makeAnchor, makeIssuer } from "../../src/certificates/mesh/authority.ts";
import { meshIssuer } from "../../src/certificates/mesh/issuer.ts";
import type { MeshIssuer } from "../../src/certificates/mesh/issuer.ts";
import { libraries } from "../../src/certificates/x509/asn1.ts";
import { selfSigned } from "../../src/certificates/x509/self-signed.ts";
import type { PemPair } from "../../src/certificates/x509/pem.ts";
import {
  algorithm,
  newKeys,
  pemPair,
  serialNumber,
  signingKey as signingKeyOf,
  x509Library,
} from "../../src/certificates/x509/x509.ts";
import type { Validity } from "../../src/certificates/x509/x509.ts";
import { issueText } from "../../src/core/base/text/issue.ts";

const hour = 3_600_000;
const day = 24 * hour;

/** From an hour before that moment until so many milliseconds after it. */
export const validAround = (now = Date.now(), life = day): Validity => ({
  notBefore: new Date(now - hour),
  notAfter: new Date(now + life),
});

export const lasting = (from: Date, days: number): Validity => ({
  notBefore: from,
  notAfter: new Date(from.getTime() + days * day),
});

/** Of a server that signs for itself. */
export const serverPair = (names: readonly string[] = ["localhost", "127.0.0.1"], during = validAround()) =>
  selfSigned({ names, ...during });

export interface Subject {
  readonly name: string;
  /** Kubernetes reads a client's groups from here. */
  readonly group?: string;
  /** DNS names and addresses of a server; the name alone when absent. */
  readonly hosts?: readonly string[];
  readonly during?: Validity;
}

export interface Authority extends PemPair {
  readonly sign: (subject: Subject) => Promise<PemPair>;
  /** A CA that this one vouches for. */
  readonly below: (name: string, during?: Validity) => Promise<Authority>;
}

/** A CA that signs for itself. */
export const authority = (name: string, during?: Validity): Promise<Authority> => authorityBy(undefined, name, during);

async function authorityBy(by: PemPair | undefined, name: string, during = validAround()): Promise<Authority> {
  const own = await made({ name, during }, authorityExtensions, by);
  return {
    ...own,
    sign: (subject) => made(subject, leafExtensions(subject.hosts ?? [subject.name]), own),
    below: (name, during) => authorityBy(own, name, during),
  };
}

type Extensions = NonNullable<NonNullable<Parameters<typeof generate>[1]>["extensions"]>;

const authorityExtensions: Extensions = [
  { name: "basicConstraints", cA: true, critical: true },
  { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
];

const leafExtensions = (hosts: readonly string[]): Extensions => [
  { name: "basicConstraints", cA: false, critical: true },
  { name: "keyUsage", digitalSignature: true, critical: true },
  { name: "extKeyUsage", serverAuth: true, clientAuth: true },
  {
    name: "subjectAltName",
    altNames: hosts.map((host) => (isIP(host) === 0 ? { type: 2, value: host } : { type: 7, ip: host })),
  },
];

async function made(
  { name, group, during = validAround() }: Subject,
  extensions: Extensions,
  by: PemPair | undefined,
): Promise<PemPair> {
  const attributes = [
    ...(group === undefined ? [] : [{ name: "organizationName", value: group }]),
    { name: "commonName", value: name },
  ];
  const { cert, private: key } = await generate(attributes, {
    keyType: "ec",
    curve: "P-256",
    algorithm: "sha256",
    notBeforeDate: during.notBefore,
    notAfterDate: during.notAfter,
    extensions,
    ...(by === undefined ? {} : { ca: { cert: by.certificate, key: by.key } }),
  });
  return { certificate: `${cert.trimEnd()}\n`, key };
}

export const trustDomain = "cluster.local";
export const domain = { controlPlaneNamespace: "linkerd", trustDomain };

export const identityNamed = (serviceAccount: string, namespace = "shop"): string =>
  `${serviceAccount}.${namespace}.serviceaccount.identity.linkerd.cluster.local`;

export interface Certificate {
  readonly chain: string;
  readonly key: string;
}

export interface TestMesh {
  readonly anchor: PemPair;
  readonly issuerPem: PemPair;
  readonly issuer: MeshIssuer;
  /** Chain and key of somebody with this identity, whatever its form, PEM. */
  readonly leaf: (identity: string) => Promise<Certificate>;
}

/** An anchor, PEM, of a mesh that nobody will ever join. */
export const throwAwayAnchor = async (validity: Validity): Promise<string> =>
  (await makeAnchor({ trustDomain, validity })).certificate;

/** A mesh's anchor and issuer, valid from an hour ago until so many milliseconds after now. */
export async function testMesh(now = Date.now(), life = 100 * hour): Promise<TestMesh> {
  const validity = validAround(now, life);
  const anchor = await makeAnchor({ trustDomain, validity });
  const issuerPem = await makeIssuer({ anchor, trustDomain, validity });
  const issuer = await loaded(issuerPem, anchor.certificate, now);
  return { anchor, issuerPem, issuer, leaf: (identity) => leafBelow(issuerPem, identity, validity) };
}

export const issuerNames = { certificate: "tls.crt", key: "tls.key", anchors: "ca-bundle.crt" };

/** As the control plane loads them. */
export async function loaded(pair: PemPair, anchors: string, now = Date.now()): Promise<MeshIssuer> {
  const read = meshIssuer(await libraries(), { ...pair, anchors, names: issuerNames }, new Date(now));
  if ("issues" in read) throw new Error(read.issues.map(issueText).join("; "));
  return read.value;
}

async function leafBelow(issuer: PemPair, identity: string, validity: Validity): Promise<Certificate> {
  const x509 = await x509Library();
  const parent = new x509.X509Certificate(issuer.certificate);
  const signingKey = signingKeyOf(createPrivateKey(issuer.key));
  const keys = await newKeys();
  const { serverAuth, clientAuth } = x509.ExtendedKeyUsage;
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [{ CN: [identity.slice(0, 64)] }],
    issuer: parent.subjectName,
    ...validity,
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment, true),
      new x509.ExtendedKeyUsageExtension([serverAuth, clientAuth]),
      new x509.SubjectAlternativeNameExtension([{ type: "dns", value: identity }]),
    ],
  });
  const pem = await pemPair(x509, certificate.toString("pem"), keys);
  return { chain: `${pem.certificate}${issuer.certificate}`, key: pem.key };
}
