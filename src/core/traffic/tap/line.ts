/** An event as a line: `req`, `rsp` or `end`, as Linkerd's viz extension writes them. */
import type { Labels } from "../../base/json/json.ts";
import { microseconds, tlsOf } from "./event.ts";
import type { Endpoint, EndTold, TapEvent, Told } from "./event.ts";
import type { Exchange } from "./exchanges.ts";

/**
 * `exchange`: what is known of the event's request. `wide`: labels of both sides follow. Without a line break: what
 * controls a terminal in it, such as a line break in a path, is an escape.
 */
export function tapLine(event: TapEvent, exchange: Exchange, wide = false): string {
  const { id, direction, source, destination, what } = event;
  const parts = [
    words[what.kind],
    `id=${id.base}:${id.stream}`,
    `proxy=${direction === "INBOUND" ? "in " : direction === "OUTBOUND" ? "out" : ""}`,
    `src=${addressText(source)}`,
    `dst=${addressText(destination)}`,
    `tls=${tlsOf(event)}`,
    ...toldTexts(what, exchange),
    ...(wide ? wideTexts(event) : []),
  ];
  return parts.join(" ").replaceAll(controls, escaped);
}

const words = { request: "req", response: "rsp", end: "end" } as const satisfies Record<Told["kind"], string>;

/** `1.2.3.4:80`, `[fd00::1]:80`. */
const addressText = ({ ip, port }: Endpoint): string =>
  ip === "" ? "" : `${ip.includes(":") ? `[${ip}]` : ip}:${port}`;

function toldTexts(what: Told, exchange: Exchange): readonly string[] {
  switch (what.kind) {
    case "request":
      return [`:method=${what.method}`, `:authority=${what.authority}`, `:path=${what.path}`];
    case "response":
      return [`:status=${what.status}`, `latency=${microseconds(what.sinceRequest)}µs`];
    case "end":
      return endTexts(what, exchange);
  }
}

function endTexts(end: EndTold, exchange: Exchange): readonly string[] {
  const length = responseLength(end, exchange);
  return [
    ...(end.grpcStatus === undefined ? [] : [`grpc-status=${grpcStatusName(end.grpcStatus)}`]),
    ...(end.reset === undefined ? [] : [`reset-error=${end.reset}`]),
    `duration=${microseconds(end.sinceResponse ?? end.sinceRequest)}µs`,
    ...(length === undefined ? [] : [`response-length=${length}B`]),
  ];
}

/** Undefined: nobody says. Answers that never have a body may have the length that it would have (RFC 9110, 8.6). */
function responseLength({ bytes }: EndTold, { method, status, contentLength }: Exchange): number | undefined {
  if (bytes > 0) return bytes;
  return method === "HEAD" || status === 204 || status === 304 ? undefined : contentLength;
}

/** As grpc-go names them. */
const grpcStatusNames = [
  "OK",
  "Canceled",
  "Unknown",
  "InvalidArgument",
  "DeadlineExceeded",
  "NotFound",
  "AlreadyExists",
  "PermissionDenied",
  "ResourceExhausted",
  "FailedPrecondition",
  "Aborted",
  "OutOfRange",
  "Unimplemented",
  "Internal",
  "Unavailable",
  "DataLoss",
  "Unauthenticated",
] as const;

const grpcStatusName = (code: number): string => grpcStatusNames[code] ?? `Code(${code})`;

const wideTexts = ({ source, destination, routeLabels }: TapEvent): readonly string[] => [
  ...labelTexts("src", source.labels),
  ...labelTexts("dst", destination.labels),
  ...labelTexts("rt", routeLabels),
];

const labelTexts = (side: string, labels: Labels): readonly string[] =>
  Object.entries(labels)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${side}_${key}=${value}`);

/** C0, DEL and C1; what else misleads in a terminal is made harmless where text leaves (`forPeople`). */
const controls = /\p{Cc}/gu;
const escaped = (character: string): string => String.raw`\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
