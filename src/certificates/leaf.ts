/**
 * Signs leaves of the one shape that the mesh has (contract 2.4). A leaf is put together from parts in DER: those that
 * are the same in all of them, made once, and a handful of others.
 */
import { randomBytes, sign } from "node:crypto";
import type { KeyObject } from "node:crypto";
import type { X509Certificate } from "@peculiar/x509";
import type { Validity } from "../core/identity/validity.ts";
import { der, oids } from "./asn1.ts";
import type { Libraries } from "./asn1.ts";
import { authorityKeyIdentifier } from "./x509.ts";

export interface LeafParts {
  /** A Name in DER. */
  readonly subject: Uint8Array;
  /** A SubjectPublicKeyInfo in DER. */
  readonly publicKey: Uint8Array;
  readonly dnsNames: readonly string[];
  readonly uris: readonly string[];
  readonly validity: Validity;
}

/** Gives DER. */
export type SignLeaf = (leaf: LeafParts) => Promise<Uint8Array>;

export function leafSigner(libraries: Libraries, issuer: X509Certificate, key: KeyObject): SignLeaf {
  const { schema, certificate } = libraries;
  const issuerName = new Uint8Array(issuer.subjectName.toArrayBuffer());
  const algorithm = new certificate.AlgorithmIdentifier({ algorithm: oids.ecdsaWithSha256 });
  const signature = new Uint8Array(schema.AsnConvert.serialize(algorithm));
  const namesIdentifier = new Uint8Array(
    schema.AsnConvert.serialize(schema.AsnObjectIdentifierConverter.toASN(oids.subjectAlternativeName)),
  );
  let fixed: Promise<readonly Uint8Array[]> | undefined;
  return async ({ subject, publicKey, dnsNames, uris, validity }) => {
    fixed ??= fixedExtensions(libraries, issuer);
    const extensions = [...(await fixed), namesExtension(namesIdentifier, { subject, dnsNames, uris })];
    // RFC 5280, section 4.1.
    const signed = der(
      tags.sequence,
      version3,
      der(tags.integer, serialNumber()),
      signature,
      issuerName,
      der(tags.sequence, time(validity.notBefore), time(validity.notAfter)),
      subject,
      publicKey,
      der(tags.extensions, der(tags.sequence, ...extensions)),
    );
    // In the thread's own time: 25 µs, less than it takes to hand it to another one.
    const bits = der(tags.bitString, Uint8Array.of(0), sign("sha256", signed, key));
    return der(tags.sequence, signed, signature, bits);
  };
}

async function fixedExtensions({ x509 }: Libraries, issuer: X509Certificate): Promise<readonly Uint8Array[]> {
  const { digitalSignature, keyEncipherment } = x509.KeyUsageFlags;
  const { serverAuth, clientAuth } = x509.ExtendedKeyUsage;
  const extensions = [
    new x509.KeyUsagesExtension(digitalSignature | keyEncipherment, true),
    new x509.ExtendedKeyUsageExtension([serverAuth, clientAuth]),
    await authorityKeyIdentifier(x509, issuer),
  ];
  return extensions.map(({ rawData }) => new Uint8Array(rawData));
}

/** Peers take the first name for the identity, so DNS names come first. */
function namesExtension(
  identifier: Uint8Array,
  { subject, dnsNames, uris }: Pick<LeafParts, "subject" | "dnsNames" | "uris">,
): Uint8Array {
  const names = [
    ...dnsNames.map((name) => der(tags.dnsName, ascii(name))),
    ...uris.map((uri) => der(tags.uri, ascii(uri))),
  ];
  // Critical where there is no subject (RFC 5280, section 4.2.1.6).
  const critical = subject.length === emptySequence ? [der(tags.boolean, Uint8Array.of(0xff))] : [];
  return der(tags.sequence, identifier, ...critical, der(tags.octetString, der(tags.sequence, ...names)));
}

/** Two digits of the year until 2049, four from 2050 on (RFC 5280, section 4.1.2.5). */
function time(milliseconds: number): Uint8Array {
  const digits = new Date(milliseconds).toISOString().replaceAll(/[-:T]|\.\d+/g, "");
  return digits < "2050" ? der(tags.utcTime, ascii(digits.slice(2))) : der(tags.generalizedTime, ascii(digits));
}

const ascii = (text: string): Uint8Array => Buffer.from(text, "latin1");

/** 128 random bits. The byte before them keeps the number positive and of one length (RFC 5280, section 4.1.2.2). */
const serialNumber = (): Uint8Array => Buffer.concat([Buffer.from([1]), randomBytes(16)]);

/** Universal ones, and those that a certificate and its names have of their own (RFC 5280, appendix A). */
const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  dnsName: 0x82,
  uri: 0x86,
  version: 0xa0,
  extensions: 0xa3,
} as const;

const version3 = der(tags.version, der(tags.integer, Uint8Array.of(2)));

/** Bytes: a tag and the length 0. */
const emptySequence = 2;
