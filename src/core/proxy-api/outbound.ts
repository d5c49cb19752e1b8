/** Policy of the targets that a workload reaches: messages of package io.linkerd.proxy.outbound (proto/outbound.proto), as JSON. */
import type { WeightedAddr } from "./destination.ts";
import type { HostMatch, HttpRouteMatch } from "./http-route.ts";
import type { Metadata } from "./meta.ts";
import type { TcpAddress } from "./net.ts";
import type { Forbidden, Invalid } from "./opaque-route.ts";
import type { Duration } from "./time.ts";

export interface TrafficSpec {
  readonly source_workload?: string;
  readonly addr?: TcpAddress;
  readonly authority?: string;
}

export interface OutboundPolicy {
  readonly protocol?: ProxyProtocol;
  readonly metadata?: Metadata;
}

export interface ProxyProtocol {
  readonly detect?: ProxyProtocolDetect;
  readonly opaque?: ProxyProtocolOpaque;
  readonly http1?: ProxyProtocolHttp1;
  readonly http2?: ProxyProtocolHttp2;
}

interface ProxyProtocolDetect {
  readonly timeout?: Duration;
  readonly opaque?: ProxyProtocolOpaque;
  readonly http1?: ProxyProtocolHttp1;
  readonly http2?: ProxyProtocolHttp2;
}

interface ProxyProtocolOpaque {
  readonly routes?: readonly OpaqueRoute[];
}

interface ProxyProtocolHttp1 {
  readonly routes?: readonly HttpRoute[];
}

interface ProxyProtocolHttp2 {
  readonly routes?: readonly HttpRoute[];
}

export interface HttpRoute {
  readonly metadata?: Metadata;
  readonly hosts?: readonly HostMatch[];
  readonly rules?: readonly HttpRouteRule[];
}

interface HttpRouteRule {
  readonly matches?: readonly HttpRouteMatch[];
  readonly backends?: HttpRouteDistribution;
  readonly allow_l5d_request_headers?: boolean;
}

interface HttpRouteDistribution {
  readonly empty?: HttpRouteDistributionEmpty;
  readonly first_available?: HttpRouteDistributionFirstAvailable;
  readonly random_available?: HttpRouteDistributionRandomAvailable;
}

type HttpRouteDistributionEmpty = Readonly<Record<string, never>>;

interface HttpRouteDistributionFirstAvailable {
  readonly backends?: readonly HttpRouteRouteBackend[];
}

interface HttpRouteDistributionRandomAvailable {
  readonly backends?: readonly HttpRouteWeightedRouteBackend[];
}

interface HttpRouteWeightedRouteBackend {
  readonly backend?: HttpRouteRouteBackend;
  /** Of several at least one is not 0, and their sum fits 32 bits. */
  readonly weight?: number;
}

interface HttpRouteRouteBackend {
  readonly backend?: Backend;
}

export interface OpaqueRoute {
  readonly metadata?: Metadata;
  readonly rules?: readonly OpaqueRouteRule[];
}

export interface OpaqueRouteRule {
  readonly backends?: OpaqueRouteDistribution;
  readonly filters?: readonly OpaqueRouteFilter[];
}

interface OpaqueRouteFilter {
  readonly invalid?: Invalid;
  readonly forbidden?: Forbidden;
}

interface OpaqueRouteDistribution {
  readonly empty?: OpaqueRouteDistributionEmpty;
  readonly first_available?: OpaqueRouteDistributionFirstAvailable;
  readonly random_available?: OpaqueRouteDistributionRandomAvailable;
}

type OpaqueRouteDistributionEmpty = Readonly<Record<string, never>>;

interface OpaqueRouteDistributionFirstAvailable {
  readonly backends?: readonly OpaqueRouteRouteBackend[];
}

interface OpaqueRouteDistributionRandomAvailable {
  readonly backends?: readonly OpaqueRouteWeightedRouteBackend[];
}

interface OpaqueRouteWeightedRouteBackend {
  readonly backend?: OpaqueRouteRouteBackend;
  /** Of several at least one is not 0, and their sum fits 32 bits. */
  readonly weight?: number;
}

interface OpaqueRouteRouteBackend {
  readonly backend?: Backend;
  readonly filters?: readonly OpaqueRouteFilter[];
}

export interface Backend {
  readonly metadata?: Metadata;
  readonly forward?: WeightedAddr;
  readonly balancer?: BackendBalanceP2c;
  readonly queue?: Queue;
}

interface BackendEndpointDiscovery {
  readonly dst?: BackendEndpointDiscoveryDestinationGet;
}

interface BackendEndpointDiscoveryDestinationGet {
  readonly path?: string;
}

interface BackendBalanceP2c {
  readonly discovery?: BackendEndpointDiscovery;
  readonly peak_ewma?: BackendBalanceP2cPeakEwma;
}

interface BackendBalanceP2cPeakEwma {
  readonly default_rtt?: Duration;
  readonly decay?: Duration;
}

interface Queue {
  readonly capacity?: number;
  readonly failfast_timeout?: Duration;
}
