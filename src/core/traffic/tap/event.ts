/** What a proxy tells of a request, read once: everything that shows it, or counts it, starts from here. */
import { ipText } from "../../proxy-api/address.ts";
import type { Header, Headers } from "../../proxy-api/http-types.ts";
import type { TcpAddress } from "../../proxy-api/net.ts";
import type { StreamId, TapMessage } from "../../proxy-api/tap.ts";
import type { Duration } from "../../proxy-api/time.ts";
import type { Labels } from "../../base/json/json.ts";

export interface PodName {
  readonly namespace: string;
  readonly name: string;
}

export interface TapEvent {
  /** Whose proxy told. */
  readonly pod: PodName;
  readonly direction: "INBOUND" | "OUTBOUND" | "UNKNOWN";
  readonly source: Endpoint;
  readonly destination: Endpoint;
  readonly routeLabels: Labels;
  readonly id: TapId;
  readonly what: Told;
}

export interface Endpoint {
  /** Such as `10.0.0.1` or `fd00::1`; blank: the proxy does not say. */
  readonly ip: string;
  readonly port: number;
  readonly labels: Labels;
}

/** `base` counts the calls that a proxy was asked with, `stream` the requests of one of them. Other proxies count anew. */
interface TapId {
  readonly base: number;
  readonly stream: number;
}

export type Told = RequestTold | ResponseTold | EndTold;

interface RequestTold {
  readonly kind: "request";
  readonly method: string;
  readonly scheme: string;
  readonly authority: string;
  /** Without query. */
  readonly path: string;
  readonly headers: readonly Header[];
}

interface ResponseTold {
  readonly kind: "response";
  readonly sinceRequest: Time;
  readonly status: number;
  readonly headers: readonly Header[];
}

export interface EndTold {
  readonly kind: "end";
  readonly sinceRequest: Time;
  /** Undefined: no answer came. */
  readonly sinceResponse: Time | undefined;
  /** 0 where the proxy does not count. */
  readonly bytes: number;
  readonly grpcStatus: number | undefined;
  readonly reset: number | undefined;
  readonly trailers: readonly Header[];
}

export interface Time {
  readonly seconds: number;
  readonly nanos: number;
}

/** Undefined: it is none that this version knows. */
export function tapEvent(pod: PodName, message: TapMessage): TapEvent | undefined {
  const told = toldBy(message.http ?? {});
  if (told === undefined) return undefined;
  return {
    pod,
    direction: message.proxy_direction ?? "UNKNOWN",
    source: endpoint(message.source, message.source_meta?.labels),
    destination: endpoint(message.destination, message.destination_meta?.labels),
    routeLabels: message.route_meta?.labels ?? {},
    ...told,
  };
}

/** Of the side that the proxy has opposite. */
export const tlsOf = ({ direction, source, destination }: TapEvent): string =>
  (direction === "INBOUND" ? source : destination).labels["tls"] ?? "";

/** Cut off, as Go does it. */
export const microseconds = ({ seconds, nanos }: Time): number => seconds * 1_000_000 + Math.floor(nanos / 1000);

function toldBy({
  request_init: request,
  response_init: response,
  response_end: end,
}: NonNullable<TapMessage["http"]>): Pick<TapEvent, "id" | "what"> | undefined {
  if (request !== undefined) {
    const { id, method, scheme, authority = "", path = "", headers } = request;
    const what = { kind: "request", method: word(method), scheme: word(scheme), authority, path } as const;
    return { id: idOf(id), what: { ...what, headers: headersIn(headers) } };
  }
  if (response !== undefined) {
    const { id, since_request_init: since, http_status: status = 0, headers } = response;
    const what = { kind: "response", sinceRequest: time(since ?? {}), status, headers: headersIn(headers) } as const;
    return { id: idOf(id), what };
  }
  if (end === undefined) return undefined;
  const { id, since_request_init: since, since_response_init: answered, response_bytes: bytes = 0, eos } = end;
  return {
    id: idOf(id),
    what: {
      kind: "end",
      sinceRequest: time(since ?? {}),
      sinceResponse: answered && time(answered),
      bytes: Number(bytes),
      grpcStatus: eos?.grpc_status_code,
      reset: eos?.reset_error_code,
      trailers: headersIn(end.trailers),
    },
  };
}

const endpoint = (address: TcpAddress = {}, labels: Labels = {}): Endpoint => ({
  ip: ipText(address.ip ?? {}) ?? "",
  port: address.port ?? 0,
  labels,
});

const idOf = ({ base = 0, stream = 0 }: StreamId = {}): TapId => ({ base, stream: Number(stream) });

const word = ({ registered, unregistered }: { readonly registered?: string; readonly unregistered?: string } = {}) =>
  registered ?? unregistered ?? "";

const headersIn = ({ headers = [] }: Headers = {}): readonly Header[] => headers;

const time = ({ seconds = 0, nanos = 0 }: Duration): Time => ({ seconds: Number(seconds), nanos });
