/** Endpoints and profiles of targets: messages of package io.linkerd.proxy.destination (proto/destination.proto), as JSON. */
import type { Metadata } from "./meta.ts";
import type { TcpAddress } from "./net.ts";
import type { Duration } from "./time.ts";

export interface GetDestination {
  readonly scheme?: string;
  readonly path?: string;
  readonly context_token?: string;
}

export interface Update {
  readonly add?: WeightedAddrSet;
  readonly remove?: AddrSet;
  readonly no_endpoints?: NoEndpoints;
}

interface AddrSet {
  readonly addrs?: readonly TcpAddress[];
}

interface WeightedAddrSet {
  readonly addrs?: readonly WeightedAddr[];
  readonly metric_labels?: Readonly<Record<string, string>>;
}

export interface WeightedAddr {
  readonly addr?: TcpAddress;
  readonly weight?: number;
  readonly metric_labels?: Readonly<Record<string, string>>;
  readonly tls_identity?: TlsIdentity;
  readonly protocol_hint?: ProtocolHint;
  readonly http2?: Http2ClientParams;
  readonly resource_ref?: Metadata;
}

interface Http2ClientParams {
  readonly keep_alive?: Http2ClientParamsKeepAlive;
}

interface Http2ClientParamsKeepAlive {
  readonly interval?: Duration;
  readonly timeout?: Duration;
  readonly while_idle?: boolean;
}

export interface TlsIdentity {
  readonly dns_like_identity?: TlsIdentityDnsLikeIdentity;
  readonly uri_like_identity?: TlsIdentityUriLikeIdentity;
  readonly server_name?: TlsIdentityDnsLikeIdentity;
}

interface TlsIdentityDnsLikeIdentity {
  readonly name?: string;
}

interface TlsIdentityUriLikeIdentity {
  readonly uri?: string;
}

interface NoEndpoints {
  readonly exists?: boolean;
}

export interface ProtocolHint {
  readonly h2?: ProtocolHintH2;
  readonly opaque_transport?: ProtocolHintOpaqueTransport;
  readonly opaque?: ProtocolHintOpaque;
}

type ProtocolHintH2 = Readonly<Record<string, never>>;

type ProtocolHintOpaque = Readonly<Record<string, never>>;

interface ProtocolHintOpaqueTransport {
  readonly inbound_port?: number;
}

export interface DestinationProfile {
  readonly retry_budget?: RetryBudget;
  readonly dst_overrides?: readonly WeightedDst[];
  readonly opaque_protocol?: boolean;
  readonly fully_qualified_name?: string;
  readonly endpoint?: WeightedAddr;
  readonly parent_ref?: Metadata;
  readonly profile_ref?: Metadata;
}

interface RetryBudget {
  readonly retry_ratio?: number;
  readonly min_retries_per_second?: number;
  readonly ttl?: Duration;
}

interface WeightedDst {
  readonly authority?: string;
  readonly weight?: number;
  readonly backend_ref?: Metadata;
}
