/** Methods and schemes: messages of package io.linkerd.proxy.http_types (proto/http_types.proto), as JSON. */

export interface HttpMethod {
  readonly registered?: HttpMethodRegistered;
  readonly unregistered?: string;
}

export interface Scheme {
  readonly registered?: SchemeRegistered;
  readonly unregistered?: string;
}

export interface Headers {
  readonly headers?: readonly HeadersHeader[];
}

export interface HeadersHeader {
  readonly name?: string;
  readonly value?: Uint8Array;
}

export type HttpMethodRegistered =
  "GET" | "POST" | "PUT" | "DELETE" | "PATCH" | "OPTIONS" | "CONNECT" | "HEAD" | "TRACE";

export type SchemeRegistered = "HTTP" | "HTTPS";
