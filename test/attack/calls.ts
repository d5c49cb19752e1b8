/** An attacker's gRPC calls: HTTP/2 by the rules on connections without a check of who answers, or frames that it makes up. */
import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import type { ClientHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import type { Certificate } from "../support/certificates.ts";
import type { Listener } from "../support/controller-process.ts";
import { serviceDefinition, serviceNames } from "../../src/grpc/protos.ts";
import type { ServiceName } from "../../src/grpc/protos.ts";
import { callHeaders, message } from "../support/hostile-client.ts";
import { tls } from "./sockets.ts";
import type { Target } from "./shape.ts";

export interface Caller {
  readonly to: Listener;
  readonly from?: string;
  readonly certificate?: Certificate | undefined;
}

/** Undefined where the connection was not had, or is not spoken on. */
export async function session(
  { ports }: Target,
  { to, from, certificate }: Caller,
): Promise<ClientHttp2Session | undefined> {
  const socket = await tls({ port: ports[to], certificate, ...(from !== undefined && { from }) });
  if (socket.destroyed) return undefined;
  const made = connectHttp2("http://127.0.0.1", { createConnection: () => socket, settings: { enablePush: false } });
  made.on("error", () => undefined).setMaxListeners(0);
  const late = setTimeout(() => made.destroy(), 5000);
  await Promise.race([once(made, "remoteSettings"), once(made, "close")]).catch(() => undefined);
  clearTimeout(late);
  return made.destroyed ? undefined : made;
}

export const pathOf = (service: ServiceName, method: string): string => `/${serviceNames[service]}/${method}`;

/** A request as bytes of a gRPC message. */
export function requestOf(service: ServiceName, method: string, request: object): Buffer {
  const definition = serviceDefinition(service)[method];
  if (definition === undefined) throw new Error(`${service} has no method ${method}`);
  return message(definition.requestSerialize(request));
}

/** Opens a stream and leaves it; what comes is thrown away. */
export function call(on: ClientHttp2Session, path: string, request: Buffer): { readonly close: () => void } {
  const stream = on.request(callHeaders(path));
  stream.on("error", () => undefined).resume();
  stream.end(request);
  return { close: () => stream.close() };
}

/** gRPC status of a call, undefined: there was none. */
export async function statusOf(on: ClientHttp2Session, path: string, request: Buffer): Promise<number | undefined> {
  const stream = on.request(callHeaders(path));
  let status: number | undefined;
  const look = (headers: Readonly<Record<string, unknown>>): void => {
    if (headers["grpc-status"] !== undefined) status = Number(headers["grpc-status"]);
  };
  stream
    .on("response", look)
    .on("trailers", look)
    .on("error", () => undefined)
    .resume();
  stream.end(request);
  await once(stream, "close").catch(() => undefined);
  return status;
}

/** Raw, with whatever is to be written. */
export const rawTo = ({ ports }: Target, { to, from, certificate }: Caller): Promise<Socket> =>
  tls({ port: ports[to], certificate, ...(from !== undefined && { from }) });
