/** `Certify` as a workload calls it: a token and a request become a certificate. */
import type { CertifyRequest, CertifyResponse } from "../core/proxy-api/identity.ts";
import type { Channel } from "./client.ts";

/** DER, the leaf first, and until when it is good: milliseconds since 1970. */
export interface Certified {
  readonly chain: readonly Uint8Array[];
  readonly validUntil: number;
}

/** Rejects with a `GrpcError` where the identity service refuses. */
export async function certify(
  channel: Channel,
  request: Required<CertifyRequest>,
  signal: AbortSignal,
): Promise<Certified> {
  const answer = await channel.unary({ service: "identity", method: "Certify", request }, signal);
  const {
    leaf_certificate: leaf,
    intermediate_certificates: above = [],
    valid_until: until,
  } = answer as CertifyResponse;
  if (leaf === undefined) throw new Error("the identity service answered without a certificate");
  return { chain: [leaf, ...above], validUntil: Number(until?.seconds ?? 0) * 1000 };
}
