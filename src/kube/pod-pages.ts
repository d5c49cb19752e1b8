/**
 * Pages of an HTTP server in a pod, one after the other on one connection to it (`forward.ts`). Every pod has the same
 * host name there, so each stream has an agent of its own: one pod's page never comes from another's connection.
 */
import type { IncomingMessage } from "node:http";
import { pipeline } from "node:stream";
import type { Duplex } from "node:stream";
import { createGunzip } from "node:zlib";
import { withTimeout } from "../async/limit.ts";
import { Agent, STATUS_CODES, request } from "../net/node-http.ts";
import { ofOneText, textIn } from "./bounded-text.ts";
import type { TextLimits } from "./bounded-text.ts";
import { namedLines } from "./named-lines.ts";
import { mebibyte, room } from "./room.ts";

/**
 * The text of a page such as `/metrics`. Rejects where its status is not 200, where it is too much, where the stream has
 * ended, with the reason that the stream has. The signal ends the stream, too: what is left of an answer may have no end.
 */
export type GetPage = (
  path: string,
  signal: AbortSignal,
  how: PageLines & { readonly limits: TextLimits },
) => Promise<string>;

interface PageLines {
  /** Lines that begin with one of these names; all where none are given. */
  readonly names?: readonly string[] | undefined;
}

/** Bytes of lines of all pages that are kept, beyond what each may keep by itself (`named-lines.ts`). */
export const mostOfPages = 32 * mebibyte;

/** For all pages that are kept at the same time. A page of metrics is no JSON: what it can become is not counted. */
export const pageLimits = (): TextLimits => ({ ...ofOneText, mostValues: Infinity, room: room(mostOfPages) });

/** Pods whose pages are asked for at the same time; more gain nothing, and each waits longer. */
export const pagesAtOnce = 10;
/** Milliseconds for a page, and for the forward to it. */
export const pageWithin = 10_000;

/** The stream is destroyed by whoever opened it. */
export function pagesOver(stream: Duplex): GetPage {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  agent.createConnection = () => stream;
  return async (path, signal, { names, limits }) => {
    const end = (): void => void stream.destroy(signal.reason as Error);
    if (signal.aborted) end();
    signal.addEventListener("abort", end, { once: true });
    try {
      if (stream.destroyed) throw new Error("the connection was closed");
      const response = await answered(path, agent);
      const text = await (names === undefined
        ? textIn(unpacked(response), limits)
        : namedLines(unpacked(response), names, limits));
      // Nothing more is answered on it, and nobody says so to whoever asks all the same.
      if (isLast(response)) stream.destroy();
      if (response.statusCode === 200) return text;
      throw new Error(`${path}: ${response.statusCode} ${STATUS_CODES[response.statusCode ?? 0] ?? ""}`.trim());
    } catch (error) {
      throw stream.errored ?? error;
    } finally {
      signal.removeEventListener("abort", end);
    }
  };
}

const isLast = ({ headers, httpVersion }: IncomingMessage): boolean =>
  httpVersion === "1.0" || headers.connection?.toLowerCase() === "close";

function answered(path: string, agent: InstanceType<typeof Agent>): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { host: "localhost", "accept-encoding": "gzip", "user-agent": "weft" };
    request({ path, agent, headers }, resolve).on("error", reject).end();
  });
}

function unpacked(response: IncomingMessage): AsyncIterable<Buffer> {
  if (response.headers["content-encoding"] !== "gzip") return response;
  // An error of the answer is one of the text, which is read.
  return pipeline(response, createGunzip(), () => undefined);
}

export interface PagesHow {
  /** Shared by all that are kept at the same time. */
  readonly limits: TextLimits;
  /** Milliseconds for a page; for the first one with the connection to it. */
  readonly within: number;
}

/**
 * A page at a port of a pod: the answer to the last of so many questions for it, on one connection as far as the server
 * keeps it, which is closed then, whatever happened.
 */
export function pageAt(
  open: (signal: AbortSignal) => Promise<Duplex>,
  { path, times, names }: PageLines & { readonly path: string; readonly times: number },
  { limits, within }: PagesHow,
  signal: AbortSignal,
): Promise<string> {
  return withTimeout(signal, within, async (end, refresh) => {
    // A limit in time does not keep the process, and a connection that is gone does not either.
    const held = setInterval(() => undefined, within);
    let stream: Duplex | undefined;
    let get: GetPage | undefined;
    const asked = async (wanted: PageLines["names"]): Promise<string> => {
      if (get === undefined || stream?.destroyed === true) {
        stream = await open(end);
        get = pagesOver(stream);
      }
      return get(path, end, { names: wanted, limits });
    };
    try {
      for (let left = times; left > 1; left -= 1) {
        await asked([]);
        refresh();
      }
      return await asked(names);
    } finally {
      clearInterval(held);
      stream?.destroy();
    }
  });
}
