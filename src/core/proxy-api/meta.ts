/** Where something was configured: messages of package io.linkerd.proxy.meta (proto/meta.proto), as JSON. */

export interface Metadata {
  readonly default?: string;
  readonly resource?: Resource;
}

interface Resource {
  readonly group?: string;
  readonly kind?: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly section?: string;
  readonly port?: number;
}
