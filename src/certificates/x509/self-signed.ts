/** A serving certificate of weft's own making, for when nobody else makes one. */
import type { PemPair } from "./pem.ts";
import { algorithm, commonName, newKeys, pemPair, serialNumber, leafExtensions, x509Library } from "./x509.ts";
import type { Validity } from "./x509.ts";

export interface SelfSignedOptions extends Validity {
  /** DNS names and IP addresses to be reached at; the first DNS name is the common name too. */
  readonly names: readonly string[];
}

/**
 * Makes a leaf that signs itself. It is its own CA bundle: Go, OpenSSL and Node trust a leaf that they are told to trust.
 * A CA above it would gain nothing, since its key would be thrown away at once.
 */
export async function selfSigned({ names, ...validity }: SelfSignedOptions): Promise<PemPair> {
  const x509 = await x509Library();
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: [commonName(names)] }],
    ...validity,
    keys,
    signingAlgorithm: algorithm,
    extensions: [...leafExtensions(x509, names, ["serverAuth"])],
  });
  return pemPair(x509, certificate.toString("pem"), keys);
}
