/** A CA of weft's own making, and leaves that it signs. */
import type { PemPair } from "../x509/pem.ts";
import { makeLeaf, makeRoot } from "../x509/root.ts";
import { commonName, serialNumber } from "../x509/x509.ts";
import type { Validity } from "../x509/x509.ts";

export type { Validity } from "../x509/x509.ts";

/** A CA that signs itself; it may sign leaves and no other CAs. A part of its serial in its name tells it from others. */
export function makeAuthority(validity: Validity): Promise<PemPair> {
  const serial = serialNumber();
  return makeRoot({ commonName: `weft webhook CA ${serial.slice(2, 14)}`, validity, serial });
}

/** A serving certificate for these DNS names and IP addresses, with its CA behind it in the chain. */
export async function issueLeaf(authority: PemPair, names: readonly string[], validity: Validity): Promise<PemPair> {
  const order = { commonName: commonName(names), names, usages: ["serverAuth"], validity } as const;
  const { certificate, key } = await makeLeaf(authority, order);
  return { certificate: `${certificate}${authority.certificate}`, key };
}
