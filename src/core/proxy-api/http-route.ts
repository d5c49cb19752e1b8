/** What routes match: messages of package io.linkerd.proxy.http_route (proto/http_route.proto), as JSON. */
import type { HttpMethod } from "./http-types.ts";

export interface HostMatch {
  readonly exact?: string;
  readonly suffix?: HostMatchSuffix;
}

interface HostMatchSuffix {
  readonly reverse_labels?: readonly string[];
}

export interface HttpRouteMatch {
  readonly path?: PathMatch;
  readonly method?: HttpMethod;
}

interface PathMatch {
  readonly exact?: string;
  readonly prefix?: string;
  readonly regex?: string;
}
