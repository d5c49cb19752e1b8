/** What streams are told before grpc-js hears of them, which takes on more than a proxy ever asks for. */
import { constants } from "node:http2";
import type { Http2Server, IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { status } from "@grpc/grpc-js";
import type { Server } from "@grpc/grpc-js";

/** Milliseconds in which a client has to end what was answered. */
const linger = 1000;

/**
 * Refuses packed requests: each message costs an unpacker of 50 kB, and 600 of them fit into a frame. Ends streams that
 * were answered, which grpc-js leaves to the client, with all that it sent.
 */
export function guardStreams(server: Server): void {
  const http2 = http2ServerOf(server);
  const [serve, ...more] = http2.listeners("stream") as Listener[];
  if (serve === undefined || more.length > 0) throw new Error("grpc-js listens to streams in another way");
  http2.removeAllListeners("stream");
  http2.on("stream", (stream, headers, flags) => {
    endOnceAnswered(stream);
    const encoding = headers["grpc-encoding"] ?? "identity";
    if (encoding === "identity") serve(stream, headers, flags);
    else refusePacked(stream);
  });
}

type Listener = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, flags: number) => void;

function endOnceAnswered(stream: ServerHttp2Stream): void {
  stream.once("finish", () => {
    const late = setTimeout(() => stream.close(constants.NGHTTP2_NO_ERROR), linger).unref();
    stream.once("close", () => clearTimeout(late));
  });
}

/** As gRPC has it (doc/compression.md): UNIMPLEMENTED, and what would be understood. */
function refusePacked(stream: ServerHttp2Stream): void {
  stream.on("error", () => undefined);
  stream.respond(
    {
      [constants.HTTP2_HEADER_STATUS]: 200,
      [constants.HTTP2_HEADER_CONTENT_TYPE]: "application/grpc",
      "grpc-status": status.UNIMPLEMENTED,
      "grpc-message": "packed requests are not taken",
      "grpc-accept-encoding": "identity",
    },
    { endStream: true },
  );
  stream.resume();
}

/** grpc-js makes one for each injector, and keeps it to itself. */
function http2ServerOf(server: Server): Http2Server {
  const servers: unknown = Reflect.get(server, "http2Servers");
  const [http2] = servers instanceof Map ? (servers as ReadonlyMap<Http2Server, unknown>).keys() : [];
  if (http2 === undefined) throw new Error("grpc-js keeps its HTTP/2 server elsewhere");
  return http2;
}
