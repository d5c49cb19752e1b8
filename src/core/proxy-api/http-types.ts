/** Methods, schemes and headers: messages of package io.linkerd.proxy.http_types (proto/http_types.proto), as JSON. */

export interface HttpMethod {
  readonly registered?: RegisteredMethod;
  readonly unregistered?: string;
}

export const registeredMethods = [
  "GET",
  "POST",
  "PUT",
  "DELETE",
  "PATCH",
  "OPTIONS",
  "CONNECT",
  "HEAD",
  "TRACE",
] as const;

type RegisteredMethod = (typeof registeredMethods)[number];

export interface Scheme {
  readonly registered?: RegisteredScheme;
  readonly unregistered?: string;
}

export const registeredSchemes = ["HTTP", "HTTPS"] as const;

type RegisteredScheme = (typeof registeredSchemes)[number];

export interface Headers {
  readonly headers?: readonly Header[];
}

export interface Header {
  readonly name?: string;
  readonly value?: Uint8Array;
}
