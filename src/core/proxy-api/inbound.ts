/** Policy of the ports of a workload: messages of package io.linkerd.proxy.inbound (proto/inbound.proto), as JSON. */
import type { GrpcRouteMatch } from "./grpc-route.ts";
import type { HostMatch, HttpRouteMatch, RequestHeaderModifier, RequestRedirect } from "./http-route.ts";
import type { Metadata } from "./meta.ts";
import type { IPAddress, IPNetwork } from "./net.ts";
import type { Duration } from "./time.ts";

export interface PortSpec {
  readonly workload?: string;
  readonly port?: number;
}

export interface Server {
  readonly protocol?: ProxyProtocol;
  readonly server_ips?: readonly IPAddress[];
  readonly authorizations?: readonly Authz[];
  readonly labels?: Readonly<Record<string, string>>;
}

export interface ProxyProtocol {
  readonly detect?: ProxyProtocolDetect;
  readonly opaque?: ProxyProtocolOpaque;
  readonly tls?: ProxyProtocolTls;
  readonly http1?: ProxyProtocolHttp1;
  readonly http2?: ProxyProtocolHttp2;
  readonly grpc?: ProxyProtocolGrpc;
}

interface ProxyProtocolDetect {
  readonly timeout?: Duration;
  readonly http_routes?: readonly HttpRoute[];
  readonly http_local_rate_limit?: HttpLocalRateLimit;
}

interface ProxyProtocolHttp1 {
  readonly routes?: readonly HttpRoute[];
  readonly local_rate_limit?: HttpLocalRateLimit;
}

interface ProxyProtocolHttp2 {
  readonly routes?: readonly HttpRoute[];
  readonly local_rate_limit?: HttpLocalRateLimit;
}

interface ProxyProtocolGrpc {
  readonly routes?: readonly GrpcRoute[];
}

type ProxyProtocolOpaque = Readonly<Record<string, never>>;

type ProxyProtocolTls = Readonly<Record<string, never>>;

export interface Authz {
  readonly networks?: readonly Network[];
  readonly authentication?: Authn;
  readonly labels?: Readonly<Record<string, string>>;
  readonly metadata?: Metadata;
}

export interface Network {
  readonly net?: IPNetwork;
  readonly except?: readonly IPNetwork[];
}

export interface Authn {
  readonly unauthenticated?: AuthnPermitUnauthenticated;
  readonly meshTLS?: AuthnPermitMeshTLS;
}

type AuthnPermitUnauthenticated = Readonly<Record<string, never>>;

interface AuthnPermitMeshTLS {
  readonly unauthenticated?: AuthnPermitUnauthenticated;
  readonly identities?: AuthnPermitMeshTLSPermitClientIdentities;
}

interface AuthnPermitMeshTLSPermitClientIdentities {
  readonly identities?: readonly Identity[];
  readonly suffixes?: readonly IdentitySuffix[];
}

interface Identity {
  readonly name?: string;
}

interface IdentitySuffix {
  readonly parts?: readonly string[];
}

export interface HttpRoute {
  readonly metadata?: Metadata;
  readonly hosts?: readonly HostMatch[];
  readonly authorizations?: readonly Authz[];
  readonly rules?: readonly HttpRouteRule[];
}

interface HttpRouteRule {
  readonly matches?: readonly HttpRouteMatch[];
  readonly filters?: readonly HttpRouteFilter[];
}

export interface HttpRouteFilter {
  readonly request_header_modifier?: RequestHeaderModifier;
  readonly redirect?: RequestRedirect;
}

export interface GrpcRoute {
  readonly metadata?: Metadata;
  readonly hosts?: readonly HostMatch[];
  readonly authorizations?: readonly Authz[];
  readonly rules?: readonly GrpcRouteRule[];
}

interface GrpcRouteRule {
  readonly matches?: readonly GrpcRouteMatch[];
  readonly filters?: readonly GrpcRouteFilter[];
}

export interface GrpcRouteFilter {
  readonly request_header_modifier?: RequestHeaderModifier;
}

export interface HttpLocalRateLimit {
  readonly metadata?: Metadata;
  readonly total?: HttpLocalRateLimitLimit;
  readonly identity?: HttpLocalRateLimitLimit;
  readonly overrides?: readonly HttpLocalRateLimitOverride[];
}

interface HttpLocalRateLimitOverride {
  readonly limit?: HttpLocalRateLimitLimit;
  readonly clients?: HttpLocalRateLimitOverrideClientIdentities;
}

interface HttpLocalRateLimitOverrideClientIdentities {
  readonly identities?: readonly Identity[];
}

interface HttpLocalRateLimitLimit {
  readonly requestsPerSecond?: number;
}
