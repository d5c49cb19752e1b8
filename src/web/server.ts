/**
 * The dashboard's server: a page and two kinds of streams, on loopback, for whoever has the key.
 *
 * It holds nothing and decides nothing: what is seen of the mesh comes from two functions, `rounds` and `tapLines`.
 */
import { randomBytes } from "node:crypto";
import type { Server, ServerResponse } from "node:http";
import type { Clock } from "../async/clock.ts";
import { listening } from "../net/address.ts";
import { guardConnections } from "../net/connection-guard.ts";
import type { ConnectionBounds } from "../net/connection-table.ts";
import { createServer } from "../net/node-http.ts";
import { eventStream } from "./event-stream.ts";
import type { EventStream } from "./event-stream.ts";
import { admission, headersOfAll } from "./guards.ts";
import type { Lock } from "./guards.ts";
import type { PageFiles } from "./page-files.ts";
import { sharedRounds } from "./rounds.ts";
import type { Rounds, SharedRounds } from "./rounds.ts";
import { tapQuery } from "./tap-query.ts";
import type { TapQuery } from "./tap-query.ts";

/** `event: line` of a stream of tap. */
export interface TapLine {
  /** `req`, `rsp` or `end`. */
  readonly kind: string;
  /** `namespace/name` of the pod whose proxy told it. */
  readonly pod: string;
  /** Of the request, within its pod. */
  readonly id: string;
  /** As `weft tap` prints it. */
  readonly text: string;
  /** As `weft tap -o json` prints it. */
  readonly event: unknown;
}

export type TapTold =
  | { readonly event: "line"; readonly data: TapLine }
  /** Worth knowing, such as a pod that cannot be tapped. */
  | { readonly event: "trouble"; readonly data: { readonly text: string } }
  /** The last one: why there is no more. */
  | { readonly event: "end"; readonly data: { readonly text: string } };

/** Taps until the signal aborts. */
export type TapLines = (query: TapQuery, signal: AbortSignal) => AsyncIterable<TapTold>;

export interface DashboardOptions {
  /** The first that is tried; 0: whatever the system gives. */
  readonly port: number;
  /** What is looked at; undefined: all namespaces. */
  readonly namespace: string | undefined;
  readonly files: PageFiles;
  readonly rounds: Rounds;
  readonly tapLines: TapLines;
  readonly clock: Clock;
}

export interface Dashboard {
  readonly port: number;
  /** With the key. */
  readonly address: string;
  /** With a key that is good once, for what starts a browser. */
  readonly opening: string;
  /** Rejects with what `rounds` or `tapLines` threw. */
  readonly failed: Promise<never>;
  /** Ends every stream, and with them what they gather. */
  readonly close: () => Promise<void>;
}

/** Ports that are tried, one after the other. */
export const portsTried = 20;

/** Connections of this machine. Those that have shown the key are not counted. */
const bounds: ConnectionBounds = { open: 64, openOfOne: 64, reserved: 0, perSecond: 200, waiting: 64 };

/** Streams of tap at once: each holds a connection to every pod that it looks at. */
export const tapsAtOnce = 8;

/** Milliseconds. */
const timeouts = { headersTimeout: 5000, requestTimeout: 5000, keepAliveTimeout: 10_000 };

/** Rejects where no port can be had. */
export async function serveDashboard(options: DashboardOptions): Promise<Dashboard> {
  const server = createServer({ ...timeouts, connectionsCheckingInterval: 1000, maxHeaderSize: 16_384 });
  const connections = guardConnections(server, { bounds });
  const port = await listenOnOne(server, options.port);
  let lock: Lock = { port, key: newKey(), openingKey: newKey() };
  const addressWith = (key = ""): string => `http://127.0.0.1:${port}/?key=${key}`;
  const opening = addressWith(lock.openingKey);
  const failure = Promise.withResolvers<never>();
  // Whoever does not wait for it is not to be ended by it.
  failure.promise.catch(() => undefined);
  const shown: Shown = {
    ...options,
    rounds: sharedRounds(options.rounds, { clock: options.clock, failed: failure.reject }),
    failed: failure.reject,
    taps: new Set(),
  };
  server.on("request", (request, response) => {
    for (const [name, value] of Object.entries(headersOfAll)) response.setHeader(name, value);
    const asked = admission({ method: request.method ?? "", url: request.url ?? "", headers: request.headers }, lock);
    if (asked.kind === "answer") {
      if (asked.isSpent === true) lock = { ...lock, openingKey: undefined };
      for (const [name, value] of Object.entries(asked.headers)) response.setHeader(name, value);
      // What else comes on this connection is a stranger's.
      response.setHeader("Connection", "close");
      return answerText(response, asked.status, asked.text);
    }
    connections.exempt(request.socket);
    answer(shown, asked.path, asked.query, response);
  });
  return {
    port,
    address: addressWith(lock.key),
    opening,
    failed: failure.promise,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        shown.rounds.close();
        connections.destroyAll();
      }),
  };
}

const newKey = (): string => randomBytes(24).toString("base64url");

async function listenOnOne(server: Server, first: number): Promise<number> {
  for (let port = first; ; port += 1) {
    try {
      return await listening(server, { host: "127.0.0.1", port });
    } catch (error) {
      const taken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
      if (!taken || port + 1 >= first + portsTried || port >= 65_535) throw error;
    }
  }
}

interface Shown extends Pick<DashboardOptions, "namespace" | "files" | "tapLines" | "clock"> {
  readonly rounds: SharedRounds;
  readonly failed: (error: unknown) => void;
  readonly taps: Set<EventStream>;
}

function answer(shown: Shown, path: string, query: URLSearchParams, response: ServerResponse): void {
  if (path === "/events") return sendRounds(shown, response);
  if (path === "/tap") return sendTap(shown, query, response);
  const file = shown.files.get(path);
  if (file === undefined) return answerText(response, 404, "There is no such page.");
  response.setHeader("Content-Type", file.type);
  response.setHeader("Content-Length", file.bytes.length);
  response.end(file.bytes);
}

function sendRounds({ namespace, rounds, clock }: Shown, response: ServerResponse): void {
  const stream = eventStream(response, clock);
  stream.sendLatest("scope", { namespace: namespace ?? null });
  const leave = rounds.follow(({ event, data }) => stream.sendLatest(event, data));
  stream.signal.addEventListener("abort", leave);
}

function sendTap({ tapLines, clock, taps, failed }: Shown, asked: URLSearchParams, response: ServerResponse): void {
  const query = tapQuery(asked);
  if ("issue" in query) return answerText(response, 400, query.issue);
  const stream = eventStream(response, clock);
  const tap = async (): Promise<void> => {
    if (taps.size >= tapsAtOnce)
      return stream.send("end", { text: `${tapsAtOnce} taps are open already: close one first` });
    taps.add(stream);
    for await (const { event, data } of tapLines(query.value, stream.signal)) await stream.send(event, data);
  };
  tap()
    .catch((error: unknown) => {
      // What ends by being aborted may say so.
      if (!stream.signal.aborted) failed(error);
    })
    .finally(() => {
      taps.delete(stream);
      stream.end();
    });
}

function answerText(response: ServerResponse, status: number, text: string): void {
  if (!response.hasHeader("Content-Type")) response.setHeader("Content-Type", "text/plain; charset=utf-8");
  response.writeHead(status).end(text === "" ? "" : `${text}\n`);
}
