/** Requests for certificates (PKCS#10, RFC 2986) from proxies: what they say, and whether they are signed. */
import { wordsOf } from "../../core/base/text/words.ts";
import { createPublicKey, verify } from "node:crypto";
import type { KeyObject } from "node:crypto";
import type { CertificationRequest } from "@peculiar/asn1-csr";
import type { GeneralName, SubjectPublicKeyInfo } from "@peculiar/asn1-x509";
import type { CsrFacts } from "../../core/identity/request.ts";
import { oids, ownBuffer } from "../x509/asn1.ts";
import type { Libraries } from "../x509/asn1.ts";
import { derFault } from "../x509/der.ts";
import { keyName } from "../x509/x509.ts";

export interface CertificateRequest {
  readonly facts: CsrFacts;
  readonly publicKey: SubjectPublicKeyInfo;
}

/** Reads DER, and verifies the request's own signature. Strangers send these: what cannot be read is said in words. */
export function readRequest(
  libraries: Libraries,
  der: Uint8Array,
): CertificateRequest | { readonly malformed: string } {
  const { schema, csr } = libraries;
  try {
    needDer(der);
    const request = schema.AsnConvert.parse(ownBuffer(der), csr.CertificationRequest);
    const { subject, subjectPKInfo: publicKey } = request.certificationRequestInfo;
    const spki = Buffer.from(schema.AsnConvert.serialize(publicKey));
    const key = createPublicKey({ key: spki, format: "der", type: "spki" });
    const names = namesIn(libraries, request);
    const facts: CsrFacts = {
      signatureValid: isSigned(request, key),
      commonNames: [...subject].flatMap((names) =>
        [...names].flatMap(({ type, value }) => (type === oids.commonName ? [value.toString()] : [])),
      ),
      dnsNames: names.flatMap(({ dNSName }) => dNSName ?? []),
      otherNames: names.flatMap((name) => (name.dNSName === undefined ? [nameText(name)] : [])),
      key: keyName(key),
    };
    return { facts, publicKey };
  } catch (error) {
    return { malformed: wordsOf(error) };
  }
}

/** Of every extension that has names; there should be one. */
function namesIn({ schema, certificate }: Libraries, request: CertificationRequest): readonly GeneralName[] {
  return [...request.certificationRequestInfo.attributes]
    .filter(({ type }) => type === oids.extensionRequest)
    .flatMap(({ values }) => values)
    .flatMap((value) => [...schema.AsnConvert.parse(value, certificate.Extensions)])
    .filter(({ extnID }) => extnID === oids.subjectAlternativeName)
    .flatMap(({ extnValue: { buffer } }) => {
      needDer(new Uint8Array(buffer));
      return [...schema.AsnConvert.parse(buffer, certificate.SubjectAlternativeName)];
    });
}

/** The library reads all of BER. */
function needDer(bytes: Uint8Array): void {
  const fault = derFault(bytes);
  if (fault !== undefined) throw new Error(`it is not DER: ${fault}`);
}

function nameText({ rfc822Name, uniformResourceIdentifier, iPAddress }: GeneralName): string {
  if (rfc822Name !== undefined) return `email:${rfc822Name}`;
  if (uniformResourceIdentifier !== undefined) return `uri:${uniformResourceIdentifier}`;
  return iPAddress === undefined ? "a name of another kind" : `ip:${iPAddress}`;
}

/** A signature of a kind that is not expected is none. */
function isSigned(
  { certificationRequestInfoRaw: signed, signatureAlgorithm, signature }: CertificationRequest,
  key: KeyObject,
): boolean {
  const [type, hash] = signatures.get(signatureAlgorithm.algorithm) ?? [];
  if (signed === undefined || hash === undefined || key.asymmetricKeyType !== type) return false;
  return verify(hash, Buffer.from(signed), key, Buffer.from(signature));
}

/** Signature algorithm → key type and hash (RFC 5758, section 3.2; RFC 4055, section 5). */
const signatures: ReadonlyMap<string, readonly [type: string, hash: string]> = new Map([
  [oids.ecdsaWithSha256, ["ec", "sha256"]],
  ["1.2.840.10045.4.3.3", ["ec", "sha384"]],
  ["1.2.840.10045.4.3.4", ["ec", "sha512"]],
  ["1.2.840.113549.1.1.11", ["rsa", "sha256"]],
  ["1.2.840.113549.1.1.12", ["rsa", "sha384"]],
  ["1.2.840.113549.1.1.13", ["rsa", "sha512"]],
]);
