/** Anchors, issuers and keys of a mesh from PEM, as facts for rotating them. */
import { X509Certificate, createPublicKey } from "node:crypto";
import type { AnchorFacts, Fingerprint, IssuerFacts } from "../../core/identity/rotation.ts";
import { anchorsAbove, readChain } from "./issuer-chain.ts";
import type { ReadCertificate } from "./issuer-chain.ts";
import { fingerprintOf, pemBlocks, readPrivateKey } from "../x509/pem.ts";
import { x509Library } from "../x509/x509.ts";
import type { Result } from "../../core/base/text/result.ts";

export interface Anchor extends AnchorFacts {
  readonly pem: string;
}

/** Each once, in their order. */
export async function readAnchors(text: string, at: string): Promise<Result<readonly Anchor[]>> {
  const read = readChain(await x509Library(), text, at);
  if ("issues" in read) return read;
  const anchors = read.value.map((each) => ({ ...partsOf(each), pem: `${each.pem}\n` }));
  return { value: [...new Map(anchors.map((anchor) => [anchor.fingerprint, anchor])).values()] };
}

/** An issuer first, CAs above it after it; and to which of the anchors they lead. */
export async function readIssuer(
  text: string,
  anchors: readonly Anchor[],
  at: string,
): Promise<Result<Omit<IssuerFacts, "changed" | "manager">>> {
  const x509 = await x509Library();
  const chain = readChain(x509, text, at);
  if ("issues" in chain) return chain;
  const roots = readChain(x509, anchors.map(({ pem }) => pem).join(""), "anchors");
  const above = "value" in roots ? anchorsAbove(chain.value, roots.value) : [];
  return { value: { ...partsOf(chain.value[0]), anchors: above.map(({ node }) => fingerprintOf(node)) } };
}

/** The anchor whose private key this is; undefined: none. */
export function anchorOfKey(key: string, anchors: readonly Anchor[], at: string): Result<Anchor | undefined> {
  const read = readPrivateKey(key, at);
  if ("issues" in read) return read;
  const own = createPublicKey(read.value);
  return { value: anchors.find(({ pem }) => new X509Certificate(pem).publicKey.equals(own)) };
}

/** What a proxy trusts; a text that cannot be read makes it trust nobody. */
export function fingerprintsIn(text: string): readonly Fingerprint[] {
  try {
    return pemBlocks(text).map((pem) => fingerprintOf(new X509Certificate(pem)));
  } catch {
    return [];
  }
}

const partsOf = ({ node, facts: { subject, notBefore, notAfter } }: ReadCertificate): AnchorFacts => ({
  fingerprint: fingerprintOf(node),
  subject,
  notBefore,
  notAfter,
});
