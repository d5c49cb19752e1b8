/**
 * Signs leaves of the one shape that the mesh has. What is the same in all of them is made once, and the
 * part that is signed goes into the certificate as it is.
 */
import { sign } from "node:crypto";
import type { KeyObject } from "node:crypto";
import type { IAsnConvertible } from "@peculiar/asn1-schema";
import type { Extension, Name, SubjectPublicKeyInfo } from "@peculiar/asn1-x509";
import type { X509Certificate } from "@peculiar/x509";
import type { Validity } from "../../core/identity/validity.ts";
import { oids, ownBuffer } from "../x509/asn1.ts";
import type { Libraries } from "../x509/asn1.ts";
import { authorityKeyIdentifier, serialNumber } from "../x509/x509.ts";

export interface LeafParts {
  readonly subject: Name;
  readonly publicKey: SubjectPublicKeyInfo;
  readonly dnsNames: readonly string[];
  readonly uris: readonly string[];
  readonly validity: Validity;
}

/** Gives DER. */
export type SignLeaf = (leaf: LeafParts) => Promise<Uint8Array>;

export function leafSigner(libraries: Libraries, issuer: X509Certificate, key: KeyObject): SignLeaf {
  const { schema, certificate } = libraries;
  const { AsnConvert, AsnSerializer } = schema;
  const made = <Made extends object>(value: Made): Made => asIs(value, AsnSerializer.toASN(value));
  const issuerName = made(AsnConvert.parse(issuer.subjectName.toArrayBuffer(), certificate.Name));
  const signature = made(new certificate.AlgorithmIdentifier({ algorithm: oids.ecdsaWithSha256 }));
  let fixed: Promise<readonly Extension[]> | undefined;
  return async ({ subject, publicKey, dnsNames, uris, validity }) => {
    fixed ??= fixedExtensions(libraries, issuer).then((extensions) => extensions.map(made));
    const extensions = [...(await fixed), namesExtension(libraries, { subject, dnsNames, uris })];
    const plain = new certificate.TBSCertificate({
      version: certificate.Version.v3,
      serialNumber: ownBuffer(Buffer.from(serialNumber(), "hex")),
      signature,
      issuer: issuerName,
      validity: new certificate.Validity({
        notBefore: new Date(validity.notBefore),
        notAfter: new Date(validity.notAfter),
      }),
      subject,
      subjectPublicKeyInfo: publicKey,
      extensions: new certificate.Extensions(extensions),
    });
    const signed = AsnSerializer.toASN(plain);
    const whole = new certificate.Certificate({
      tbsCertificate: asIs(plain, signed),
      signatureAlgorithm: signature,
      // In the thread's own time: 50 µs, as long as it takes to hand it to another one.
      signatureValue: ownBuffer(sign("sha256", Buffer.from(signed.toBER(false)), key)),
    });
    return new Uint8Array(AsnConvert.serialize(whole));
  };
}

async function fixedExtensions(
  { x509, schema, certificate }: Libraries,
  issuer: X509Certificate,
): Promise<readonly Extension[]> {
  const { digitalSignature, keyEncipherment } = x509.KeyUsageFlags;
  const { serverAuth, clientAuth } = x509.ExtendedKeyUsage;
  const extensions = [
    new x509.KeyUsagesExtension(digitalSignature | keyEncipherment, true),
    new x509.ExtendedKeyUsageExtension([serverAuth, clientAuth]),
    await authorityKeyIdentifier(x509, issuer),
  ];
  return extensions.map(({ rawData }) => schema.AsnConvert.parse(rawData, certificate.Extension));
}

/** Peers take the first name for the identity, so DNS names come first. */
function namesExtension(
  { schema, certificate }: Libraries,
  { subject, dnsNames, uris }: Pick<LeafParts, "subject" | "dnsNames" | "uris">,
): Extension {
  const names = [
    ...dnsNames.map((dNSName) => new certificate.GeneralName({ dNSName })),
    ...uris.map((uniformResourceIdentifier) => new certificate.GeneralName({ uniformResourceIdentifier })),
  ];
  const value = schema.AsnConvert.serialize(new certificate.SubjectAlternativeName(names));
  return new certificate.Extension({
    extnID: oids.subjectAlternativeName,
    // Where there is no subject (RFC 5280, section 4.2.1.6).
    critical: subject.length === 0,
    extnValue: new schema.OctetString(value),
  });
}

type Encoded = ReturnType<IAsnConvertible["toASN"]>;

/** In the place of something, its encoded form. */
function asIs<Made extends object>(_made: Made, encoded: Encoded): Made {
  const convertible = { toASN: () => encoded, fromASN: () => convertible };
  return convertible as object as Made;
}
