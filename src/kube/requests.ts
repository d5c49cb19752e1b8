/** Requests to an API server: raw JSON in and out. */
import type { IncomingMessage, RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Socket } from "node:net";
import type { Json } from "../core/base/json/json.ts";
import { isApiPath } from "../core/kubernetes/api-path.ts";
import { quoted } from "../core/base/text/quote.ts";
import { request as httpRequest } from "../net/node-http.ts";
import { withDeadline } from "../async/until.ts";
import type { Access, Credentials } from "./access.ts";
import { agentsFor, probe } from "./agents.ts";
import type { Purpose } from "./agents.ts";
import type { ApiAnswer, ApiCall, AskApi } from "./api.ts";
import { textIn, defaultText } from "./bounded-text.ts";
import type { TextLimits } from "./bounded-text.ts";
import { withTimeout } from "../async/limit.ts";
import { unreachable } from "./unreachable.ts";

const answerWithin = 30_000;

/** Asks for whole answers. */
export function asker(access: Access, open: OpenRequest, limits: TextLimits = defaultText()): AskApi {
  const ask = async (call: ApiCall, signal: AbortSignal): Promise<ApiAnswer> => {
    const response = await open(call, signal);
    try {
      return answerOf(response, await textIn(response, { ...limits, ...call.limits }));
    } catch (error) {
      throw unreachable(access.server, error, signal);
    }
  };
  return (call) =>
    call.signal === undefined
      ? withTimeout(undefined, answerWithin, (signal) => ask(call, signal))
      : ask(call, call.signal);
}

function answerOf({ statusCode: status = 0, headers }: IncomingMessage, body: string): ApiAnswer {
  const { date, warning } = headers;
  const retryAfter = secondsIn(headers);
  const json = parsed(body);
  return {
    status,
    body: json ?? null,
    ...(json === undefined ? { text: body } : {}),
    ...(retryAfter === undefined ? {} : { retryAfter }),
    ...(date === undefined ? {} : { date }),
    ...(warning === undefined ? {} : { warnings: warningTexts(warning) }),
  };
}

/** For how long a server asks to be left alone (header `Retry-After`). */
export function secondsIn({ "retry-after": text = "" }: IncomingMessage["headers"]): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/** `299 - "a text", 299 - "another"` (RFC 7234, section 5.5). */
const warningTexts = (header: string): readonly string[] =>
  [...header.matchAll(/\d{3} \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, words = ""]) => words.replaceAll(/\\(.)/g, "$1"));

function parsed(body: string): Json | undefined {
  try {
    return JSON.parse(body) as Json;
  } catch {
    return undefined;
  }
}

/** Sends a request; resolves when the answer begins. The signal ends the answer, too. */
export type OpenRequest = (call: ApiCall, signal: AbortSignal, purpose?: Purpose) => Promise<IncomingMessage>;

/** A 401 is tried once more with renewed credentials: nothing was done yet. */
export function requests(access: Access): OpenRequest {
  const agentOf = agentsFor(access.server);
  return async (call, signal, purpose = "answer") => {
    if (!isApiPath(call.path))
      throw new Error(`${quoted(call.path)} is not a path of the Kubernetes API: not asked for`);
    const response = await attempt(call, signal, purpose);
    if (response.statusCode !== 401) return response;
    // With its connection: what still comes of it may have no end.
    response.destroy();
    access.renew();
    return attempt(call, signal, purpose);
  };

  async function attempt(call: ApiCall, signal: AbortSignal, purpose: Purpose): Promise<IncomingMessage> {
    signal.throwIfAborted();
    const credentials = await credentialsWithin(access, signal);
    const headers = { ...callHeaders(call), ...credentials.headers };
    const options = { method: call.method, headers, agent: agentOf(credentials, purpose) };
    try {
      return await opened({ url: urlOf(access.server, call), options, body: call.body }, signal);
    } catch (error) {
      // What only reads is asked again.
      if (error instanceof ClosedMeanwhile && call.method === "GET") return attempt(call, signal, purpose);
      throw unreachable(access.server, error, signal);
    }
  }
}

/** A plugin that makes them may hang. */
export async function credentialsWithin(access: Access, signal: AbortSignal): Promise<Credentials> {
  try {
    return await withDeadline(signal, access.credentials());
  } catch (error) {
    throw signal.aborted ? unreachable(access.server, error, signal) : error;
  }
}

const callHeaders = ({ accept, body, contentType }: ApiCall): Record<string, string> => ({
  accept: accept ?? "application/json",
  "user-agent": "weft",
  ...(body === undefined ? {} : { "content-type": contentType ?? "application/json" }),
});

export const urlOf = (server: string, { path, query }: Pick<ApiCall, "path" | "query">): string => {
  const words = new URLSearchParams(query).toString();
  return `${server}${path}${words === "" ? "" : `?${words}`}`;
};

/** The server closed a kept connection at the very moment it was used again. */
class ClosedMeanwhile extends Error {
  readonly code = "ECONNRESET";
}

interface ToSend {
  readonly url: string;
  readonly options: RequestOptions;
  readonly body: Json | undefined;
}

/**
 * The signal is not given to Node: it would hand it on to the socket, which may have gone back to the agent, where an
 * abort is an error that nobody listens to, and so the end of the process.
 */
function opened({ url, options, body }: ToSend, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = (url.startsWith("https:") ? httpsRequest : httpRequest)(url, options, resolve);
    const end = (): void => {
      // One that still waits for a connection hears of nothing before it has one.
      reject(signal.reason as Error);
      request.destroy(new Error("ended by the caller"));
    };
    signal.addEventListener("abort", end, { once: true });
    request.once("close", () => signal.removeEventListener("abort", end));
    request.once("socket", prepare);
    // Also of those that come when all is over.
    request.on("error", (error: NodeJS.ErrnoException) => {
      reject(request.reusedSocket && error.code === "ECONNRESET" ? new ClosedMeanwhile() : error);
    });
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

const prepared = new WeakSet<Socket>();

/** Once for each connection. */
function prepare(socket: Socket): void {
  if (prepared.has(socket)) return;
  prepared.add(socket);
  probe(socket);
  // Whatever becomes of it, and whoever has it then: an error that nobody listens to ends the process.
  socket.on("error", () => undefined);
}
