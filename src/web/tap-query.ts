/** What a page asks to tap: the query of `/tap`, as the flags of `weft tap`. */
import { quoted } from "../core/base/text/quote.ts";
import { dnsLabel } from "../core/base/scalars/dns-label.ts";

export interface TapQuery {
  /** As `weft tap` takes it: `deployment/web`. */
  readonly resource: string;
  readonly namespace: string;
  /** Begins with it. */
  readonly path: string | undefined;
  readonly method: string | undefined;
}

export function tapQuery(asked: URLSearchParams): { readonly value: TapQuery } | { readonly issue: string } {
  const resource = asked.get("resource") ?? "";
  const namespace = asked.get("namespace") ?? "";
  // A name of a DNS subdomain: what the API server takes for a name.
  if (!/^[a-z]+\/[a-z0-9][a-z0-9.-]{0,252}$/.test(resource))
    return { issue: `resource: ${quoted(resource)} is none, expected one such as deployment/web` };
  if (!dnsLabel.test(namespace)) return { issue: `namespace: ${quoted(namespace)} is not the name of a namespace` };
  return {
    value: { resource, namespace, path: asked.get("path") || undefined, method: asked.get("method") || undefined },
  };
}
