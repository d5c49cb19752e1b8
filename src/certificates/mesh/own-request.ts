/** A key of one's own, and the request with which a workload asks for the certificate to it. */
import { webcrypto } from "node:crypto";
import { algorithm, newKeys, x509Library } from "../x509/x509.ts";

export interface OwnRequest {
  /** PEM. */
  readonly key: string;
  /** DER (PKCS#10). */
  readonly request: Uint8Array;
}

/** For one DNS name. There is no subject: a common name holds 64 characters at most, and nobody reads it. */
export async function ownRequest(name: string): Promise<OwnRequest> {
  const [x509, keys] = await Promise.all([x509Library(), newKeys()]);
  const made = await x509.Pkcs10CertificateRequestGenerator.create({
    keys,
    signingAlgorithm: algorithm,
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: "dns", value: name }])],
  });
  const key = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
  return { key: pemText(new Uint8Array(key), "PRIVATE KEY"), request: new Uint8Array(made.rawData) };
}

/** Lines of 64 characters (RFC 7468). */
export const pemText = (der: Uint8Array, label: "CERTIFICATE" | "PRIVATE KEY"): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(der)
    .toString("base64")
    .replaceAll(/.{1,64}/g, "$&\n")}-----END ${label}-----\n`;
