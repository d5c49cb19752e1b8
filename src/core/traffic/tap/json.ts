/** An event as JSON, with the keys of Linkerd's viz extension, and `pod`. */
import type { Json, JsonObject } from "../../base/json/json.ts";
import type { Header } from "../../proxy-api/http-types.ts";
import type { Endpoint, TapEvent, Told } from "./event.ts";
import { publicHeaders } from "./headers.ts";

/** One object, indented, with a line break behind it. `sensitive`: credentials in headers, and queries, are told, too. */
export const tapJsonText = (event: TapEvent, sensitive: boolean): string =>
  `${JSON.stringify(tapJson(event, sensitive), null, 2)}\n`;

export function tapJson(event: TapEvent, sensitive: boolean): JsonObject {
  const { pod, direction, source, destination, routeLabels, id } = event;
  const headers = (all: readonly Header[]): Json => (sensitive ? all : publicHeaders(all)).map(headerJson);
  return {
    pod: { ...pod },
    source: endpointJson(source),
    destination: endpointJson(destination),
    routeMeta: { ...routeLabels },
    proxyDirection: direction,
    ...toldJson(event.what, { ...id }, headers),
  };
}

const endpointJson = ({ ip, port, labels }: Endpoint): JsonObject => ({ ip, port, metadata: { ...labels } });

function toldJson(what: Told, id: JsonObject, headers: (all: readonly Header[]) => Json): JsonObject {
  switch (what.kind) {
    case "request": {
      const { method, scheme, authority, path } = what;
      return { requestInitEvent: { id, method, scheme, authority, path, headers: headers(what.headers) } };
    }
    case "response": {
      const sinceRequestInit = { ...what.sinceRequest };
      return {
        responseInitEvent: { id, sinceRequestInit, httpStatus: what.status, headers: headers(what.headers) },
      };
    }
    case "end":
      return {
        responseEndEvent: {
          id,
          sinceRequestInit: { ...what.sinceRequest },
          ...(what.sinceResponse === undefined ? {} : { sinceResponseInit: { ...what.sinceResponse } }),
          responseBytes: what.bytes,
          trailers: headers(what.trailers),
          ...(what.grpcStatus === undefined ? {} : { grpcStatusCode: what.grpcStatus }),
          ...(what.reset === undefined ? {} : { resetErrorCode: what.reset }),
        },
      };
  }
}

function headerJson({ name = "", value = new Uint8Array() }: Header): JsonObject {
  try {
    return { name, valueStr: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(value) };
  } catch {
    return { name, valueBin: base64(value) };
  }
}

const base64 = (bytes: Uint8Array): string => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
