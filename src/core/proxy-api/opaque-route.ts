/** Filters of opaque routes: messages of package io.linkerd.proxy.opaque_route (proto/opaque_route.proto), as JSON. */

export interface Invalid {
  readonly message?: string;
}

export type Forbidden = Readonly<Record<string, never>>;
