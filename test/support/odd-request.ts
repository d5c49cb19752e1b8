/** Certificate signing requests that are unlike a proxy's. */
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

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
