/** Methods: messages of package io.linkerd.proxy.http_types (proto/http_types.proto), as JSON. */

export interface HttpMethod {
  readonly registered?: HttpMethodRegistered;
  readonly unregistered?: string;
}

type HttpMethodRegistered = "GET" | "POST" | "PUT" | "DELETE" | "PATCH" | "OPTIONS" | "CONNECT" | "HEAD" | "TRACE";
