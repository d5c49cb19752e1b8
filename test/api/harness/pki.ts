/** Certificates for a control plane: one CA, and whoever it vouches for. */
import { generateKeyPairSync } from "node:crypto";
import { isIP } from "node:net";
import { generate } from "selfsigned";

/** PEM text of both halves. */
export interface Pem {
  readonly certificate: string;
  readonly key: string;
}

export interface Subject {
  readonly name: string;
  /** Kubernetes reads a client's groups from here. */
  readonly group?: string;
  /** DNS names and addresses of a server. */
  readonly hosts?: readonly string[];
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

export interface Authority extends Pem {
  readonly sign: (subject: Subject) => Promise<Pem>;
}

export async function authority(name: string): Promise<Authority> {
  const own = await made({ name }, [
    { name: "basicConstraints", cA: true, critical: true },
    { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
  ]);
  return {
    ...own,
    sign: (subject) => made(subject, leafExtensions(subject.hosts ?? [subject.name]), own),
  };
}

/** What service-account tokens are signed with. */
export const tokenKey = (): string =>
  generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "sec1", format: "pem" }) as string;

type Extensions = NonNullable<NonNullable<Parameters<typeof generate>[1]>["extensions"]>;

const leafExtensions = (hosts: readonly string[]): Extensions => [
  { name: "basicConstraints", cA: false, critical: true },
  { name: "keyUsage", digitalSignature: true, critical: true },
  { name: "extKeyUsage", serverAuth: true, clientAuth: true },
  {
    name: "subjectAltName",
    altNames: hosts.map((host) => (isIP(host) === 0 ? { type: 2, value: host } : { type: 7, ip: host })),
  },
];

const day = 86_400_000;

async function made(subject: Subject, extensions: Extensions, signer?: Pem): Promise<Pem> {
  const { name, group, notBefore = new Date(Date.now() - day), notAfter = new Date(Date.now() + day) } = subject;
  const attributes = [
    ...(group === undefined ? [] : [{ name: "organizationName", value: group }]),
    { name: "commonName", value: name },
  ];
  const { cert, private: key } = await generate(attributes, {
    keyType: "ec",
    curve: "P-256",
    algorithm: "sha256",
    notBeforeDate: notBefore,
    notAfterDate: notAfter,
    extensions,
    ...(signer === undefined ? {} : { ca: { cert: signer.certificate, key: signer.key } }),
  });
  return { certificate: `${cert.trimEnd()}\n`, key };
}
