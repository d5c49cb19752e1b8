/** Addresses: messages of package io.linkerd.proxy.net (proto/net.proto), as JSON. */

export interface IPAddress {
  readonly ipv4?: number;
  readonly ipv6?: IPv6;
}

export interface IPNetwork {
  readonly ip?: IPAddress;
  readonly prefix_len?: number;
}

interface IPv6 {
  readonly first?: number | string;
  readonly last?: number | string;
}

export interface TcpAddress {
  readonly ip?: IPAddress;
  readonly port?: number;
}
