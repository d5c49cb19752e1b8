/** Certificates for workloads: messages of package io.linkerd.proxy.identity (proto/identity.proto), as JSON. */
import type { Timestamp } from "./time.ts";

export interface CertifyRequest {
  readonly identity?: string;
  readonly token?: Uint8Array;
  readonly certificate_signing_request?: Uint8Array;
}

export interface CertifyResponse {
  readonly leaf_certificate?: Uint8Array;
  readonly intermediate_certificates?: readonly Uint8Array[];
  readonly valid_until?: Timestamp;
}
