/** What routes match: messages of package io.linkerd.proxy.http_route (proto/http_route.proto), as JSON. */
import type { Headers, HttpMethod, Scheme } from "./http-types.ts";

export interface HostMatch {
  readonly exact?: string;
  readonly suffix?: HostMatchSuffix;
}

interface HostMatchSuffix {
  readonly reverse_labels?: readonly string[];
}

export interface HttpRouteMatch {
  readonly path?: PathMatch;
  readonly headers?: readonly HeaderMatch[];
  readonly query_params?: readonly QueryParamMatch[];
  readonly method?: HttpMethod;
}

interface PathMatch {
  readonly exact?: string;
  readonly prefix?: string;
  readonly regex?: string;
}

export interface HeaderMatch {
  readonly name?: string;
  readonly exact?: Uint8Array;
  readonly regex?: string;
}

interface QueryParamMatch {
  readonly name?: string;
  readonly exact?: string;
  readonly regex?: string;
}

export interface RequestHeaderModifier {
  readonly add?: Headers;
  readonly set?: Headers;
  readonly remove?: readonly string[];
}

export interface RequestRedirect {
  readonly scheme?: Scheme;
  readonly host?: string;
  readonly path?: PathModifier;
  readonly port?: number;
  readonly status?: number;
}

interface PathModifier {
  readonly full?: string;
  readonly prefix?: string;
}
