/** A serving certificate of weft's own making, for when nobody else makes one. */
import { isIP } from "node:net";

export interface SelfSignedOptions {
  /** DNS names and IP addresses to be reached at; the first DNS name is the common name too. */
  readonly names: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** PEM text of both halves. */
export interface PemPair {
  readonly certificate: string;
  readonly key: string;
}

/**
 * Makes a leaf that signs itself, with an EC key (P-256). It is its own CA bundle: Go, OpenSSL and Node trust a leaf
 * that they are told to trust. A CA above it would gain nothing, since its key would be thrown away at once.
 */
export const selfSigned = async ({ names, notBefore, notAfter }: SelfSignedOptions): Promise<PemPair> => {
  // Loaded when needed: it costs as much of the start as everything else of this folder together.
  const { generate } = await import("selfsigned");
  const { cert, private: key } = await generate([{ name: "commonName", value: commonName(names) }], {
    keyType: "ec",
    curve: "P-256",
    algorithm: "sha256",
    notBeforeDate: notBefore,
    notAfterDate: notAfter,
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      { name: "keyUsage", digitalSignature: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      { name: "subjectAltName", altNames: names.map(altName) },
    ],
  });
  // The library leaves the last newline away, and then two PEM texts cannot be put one after the other.
  return { certificate: `${cert.trimEnd()}\n`, key };
};

const altName = (name: string) =>
  isIP(name) === 0 ? ({ type: 2, value: name } as const) : ({ type: 7, ip: name } as const);

// A common name holds 64 characters at most (RFC 5280, appendix A.1), a DNS name may be longer; nobody reads it today.
const commonName = (names: readonly string[]): string =>
  names.find((name) => isIP(name) === 0 && name.length <= 64) ?? "weft";
