/**
 * What streams are told before grpc-js hears of them, which takes on more than a proxy ever asks for. Our own, as grpc-js
 * has no options for these bounds.
 */
import { constants } from "node:http2";
import type { Http2Server, Http2Session, IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { status } from "@grpc/grpc-js";
import type { Metadata, Server } from "@grpc/grpc-js";
import type { Rate } from "../async/rate.ts";
import type { Connection } from "./peers.ts";
import { Pieces } from "./pieces.ts";
import { Requests } from "./requests.ts";
import type { RequestLimits, RequestRefusal } from "./requests.ts";
import { Turns, pacedBy } from "./turns.ts";

export interface GuardLimits extends RequestLimits {
  /** Requests of one caller: so many are answered at once, so many in a second, others wait; undefined: without a pace. */
  readonly pace?: Rate;
  /** Milliseconds in which the end of an answer is taken. */
  readonly lingering: number;
  /** Streams of HTTP/2 at once, whatever becomes of their calls; of one caller its part where all are taken. */
  readonly openStreams: number;
}

export interface StreamGuardOptions {
  readonly limits: GuardLimits;
  readonly onRefused: (reason: RequestRefusal) => void;
  /** Milliseconds. */
  readonly now?: () => number;
}

/** A call that is being answered. */
export interface Served {
  readonly connection: Connection;
  /** It was answered. */
  readonly over: () => void;
}

/** Requests of a caller that wait; with more of them nothing more is read of it. */
const mostWaiting = 64;

/** Milliseconds in which a client has to end what was answered. */
const linger = 1000;

/** Answers that are not taken, on a connection that asks for more. */
const mostLingering = 256;

/** In the headers that grpc-js gets: which stream a call is of. What a client sends under this name is lost. */
const streamHeader = "weft-stream";

type Listener = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, flags: number) => void;

/**
 * Gathers requests, and gives them to grpc-js in turn by caller. Refuses packed ones: each message costs an unpacker of
 * 50 kB, and 600 of them fit into a frame. Ends streams that were answered, which grpc-js leaves to the client, with all
 * that it sent.
 */
export class StreamGuard {
  readonly #limits: GuardLimits;
  readonly #onRefused: (reason: RequestRefusal) => void;
  readonly #now: () => number;
  readonly #serve: Listener;
  readonly #requests: Requests;
  /** What connections send, and the requests that it comes to. */
  readonly #input: Turns;
  readonly #turns: Turns;
  readonly #connections = new WeakMap<Http2Session, Connection>();
  readonly #served = new Map<string, Served>();
  /** Calls that were answered and whose streams are still there, and since when; in that order. */
  readonly #lingering = new Map<Connection, Map<string, number>>();
  /** Streams by caller. */
  readonly #open = new Map<string, number>();
  #size = 0;
  #injected: Connection | undefined;
  #last = 0;

  constructor(server: Server, { limits, onRefused, now = () => performance.now() }: StreamGuardOptions) {
    const http2 = http2ServerOf(server);
    this.#limits = limits;
    this.#onRefused = onRefused;
    this.#now = now;
    this.#serve = listenerOf(http2);
    this.#requests = new Requests(limits, now);
    this.#turns = new Turns({ now, ...(limits.pace && { may: pacedBy(limits.pace, now) }) });
    this.#input = new Turns({ now, may: (key) => this.#turns.waiting(key) < mostWaiting });
    http2.on("session", (session) => {
      if (this.#injected !== undefined) this.#connections.set(session, this.#injected);
    });
    http2.on("stream", (stream, headers, flags) => this.#opened(stream, headers, flags));
  }

  /** Streams of the session that begins in `inject` are those of the connection, which sends what comes from the socket. */
  inject(connection: Connection, socket: TLSSocket, inject: (stream: Duplex) => void): void {
    this.#injected = connection;
    try {
      inject(
        new Pieces(socket, {
          turn: (work) => this.#input.run(connection.key, work),
          onPiece: (bytes) => connection.received(bytes),
        }),
      );
    } finally {
      this.#injected = undefined;
    }
  }

  /** The call that grpc-js has made of a stream; undefined: it is gone. */
  served({ metadata }: { readonly metadata: Metadata }): Served | undefined {
    return this.#served.get(String(metadata.get(streamHeader)[0]));
  }

  /** Cuts whoever does not take the end of its answers. */
  look(): void {
    const before = this.#now() - this.#limits.lingering;
    for (const [connection, calls] of this.#lingering) {
      const [first = Infinity] = calls.values();
      if (first < before) connection.cutSlow();
    }
  }

  #opened(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, flags: number): void {
    const connection = stream.session && this.#connections.get(stream.session);
    // A client that resets what it asked for is no fault.
    stream.on("error", () => undefined);
    if (connection === undefined) return void stream.destroy();
    if ((this.#lingering.get(connection)?.size ?? 0) > mostLingering) return connection.cut("TOO_MANY_UNANSWERED");
    this.#count(connection.key, 1);
    stream.once("aborted", () => connection.reset());
    stream.once("close", () => this.#count(connection.key, -1));
    endOnceAnswered(stream);
    const encoding = headers["grpc-encoding"] ?? "identity";
    const turnAway = (code: status, words: string): void => {
      refuse(stream, code, words);
      connection.turnedAway();
    };
    if (!this.#hasRoom(connection)) return refuse(stream, status.RESOURCE_EXHAUSTED, "too many streams are open");
    if (encoding !== "identity") return turnAway(status.UNIMPLEMENTED, "packed requests are not taken");
    const whole = (bytes: number, deliver?: () => void): void => {
      connection.requested(bytes);
      const takeBack = this.#turns.run(connection.key, () => {
        if (stream.destroyed || stream.closed) return;
        this.#serve(stream, { ...headers, [streamHeader]: this.#begun(connection, stream) }, flags);
        deliver?.();
      });
      // Whoever is gone holds nothing until its turn would have come.
      stream.once("close", takeBack);
    };
    if ((flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0) return whole(0);
    this.#requests.gather(stream, {
      key: connection.key,
      whole,
      isHeldUp: () => this.#input.waiting(connection.key) > 0,
      refuse: (code, words, reason) => {
        turnAway(code, words);
        if (reason !== undefined) this.#onRefused(reason);
      },
      flood: () => connection.cut("FLOOD"),
    });
  }

  /** Where all places are taken, a caller that has its share of them gets no more; what it has stays. */
  #hasRoom(connection: Connection): boolean {
    const { openStreams } = this.#limits;
    return this.#size < openStreams || (this.#open.get(connection.key) ?? 0) < openStreams / this.#open.size;
  }

  #count(key: string, streams: number): void {
    this.#size += streams;
    const open = (this.#open.get(key) ?? 0) + streams;
    if (open === 0) this.#open.delete(key);
    else this.#open.set(key, open);
  }

  /** The name of a call from now on. */
  #begun(connection: Connection, stream: ServerHttp2Stream): string {
    this.#last += 1;
    const name = String(this.#last);
    const over = (): void => {
      if (!this.#served.has(name)) return;
      connection.end(stream);
      const calls = this.#lingering.get(connection) ?? new Map<string, number>();
      this.#lingering.set(connection, calls.set(name, this.#now()));
    };
    this.#served.set(name, { connection, over });
    connection.begin(stream);
    stream.once("close", () => {
      this.#served.delete(name);
      connection.end(stream);
      const calls = this.#lingering.get(connection);
      calls?.delete(name);
      if (calls?.size === 0) this.#lingering.delete(connection);
    });
    return name;
  }
}

/** What grpc-js does with a stream, taken out of its server. */
function listenerOf(http2: Http2Server): Listener {
  const [listener, ...more] = http2.listeners("stream") as Listener[];
  if (listener === undefined || more.length > 0) throw new Error("grpc-js listens to streams in another way");
  http2.removeAllListeners("stream");
  return listener;
}

function endOnceAnswered(stream: ServerHttp2Stream): void {
  stream.once("finish", () => {
    const late = setTimeout(() => stream.close(constants.NGHTTP2_NO_ERROR), linger).unref();
    stream.once("close", () => clearTimeout(late));
  });
}

/** Answers with a status alone, as gRPC has it (doc/PROTOCOL-HTTP2.md, "Trailers-Only"). */
function refuse(stream: ServerHttp2Stream, code: status, words: string): void {
  if (stream.destroyed || stream.closed || stream.headersSent) return;
  stream.respond(
    {
      [constants.HTTP2_HEADER_STATUS]: 200,
      [constants.HTTP2_HEADER_CONTENT_TYPE]: "application/grpc",
      "grpc-status": code,
      "grpc-message": words,
      // What would be understood (doc/compression.md).
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
