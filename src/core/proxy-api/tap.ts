/** Requests as they pass a proxy: messages of package io.linkerd.proxy.tap (proto/tap.proto), as JSON. */
import type { Headers, HttpMethod, Scheme } from "./http-types.ts";
import type { IPAddress, TcpAddress } from "./net.ts";
import type { Duration } from "./time.ts";

export interface ObserveRequest {
  /** Requests, not events; 0 is refused. */
  readonly limit: number;
  readonly match: TapMatch;
  readonly extract?: { readonly http: { readonly headers: object } };
}

/** One of them is set. `any` of nothing matches nothing, and the stream never ends. */
export type TapMatch =
  | { readonly all: { readonly matches: readonly TapMatch[] } }
  | { readonly any: { readonly matches: readonly TapMatch[] } }
  | { readonly source: { readonly netmask: { readonly ip: IPAddress; readonly mask: number } } }
  | { readonly http: HttpMatch }
  | { readonly destination_label: { readonly key: string; readonly value: string } };

export type HttpMatch =
  | { readonly scheme: Scheme }
  | { readonly authority: StringMatch }
  | { readonly method: HttpMethod }
  | { readonly path: StringMatch };

type StringMatch = { readonly exact: string } | { readonly prefix: string };

/** As it comes from a proxy: whatever is a proto's default is absent. */
export interface TapMessage {
  readonly source?: TcpAddress;
  readonly destination?: TcpAddress;
  readonly http?: {
    readonly request_init?: RequestInit;
    readonly response_init?: ResponseInit;
    readonly response_end?: ResponseEnd;
  };
  readonly source_meta?: Meta;
  readonly destination_meta?: Meta;
  readonly route_meta?: Meta;
  readonly proxy_direction?: "UNKNOWN" | "INBOUND" | "OUTBOUND";
}

interface Meta {
  readonly labels?: Readonly<Record<string, string>>;
}

export interface StreamId {
  readonly base?: number;
  readonly stream?: number | string;
}

interface RequestInit {
  readonly id?: StreamId;
  readonly method?: HttpMethod;
  readonly scheme?: Scheme;
  readonly authority?: string;
  /** Without query. */
  readonly path?: string;
  readonly headers?: Headers;
}

interface ResponseInit {
  readonly id?: StreamId;
  readonly since_request_init?: Duration;
  readonly http_status?: number;
  readonly headers?: Headers;
}

interface ResponseEnd {
  readonly id?: StreamId;
  readonly since_request_init?: Duration;
  /** Absent where the application never answered. */
  readonly since_response_init?: Duration;
  /** 0 in every event of the proxies of today. */
  readonly response_bytes?: number | string;
  readonly eos?: { readonly grpc_status_code?: number; readonly reset_error_code?: number };
  readonly trailers?: Headers;
}
