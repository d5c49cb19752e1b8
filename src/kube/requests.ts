/** Requests to an API server: raw JSON in and out. */
import { request as httpRequest } from "node:http";
import type { IncomingMessage, RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import { text } from "node:stream/consumers";
import type { Json } from "../core/mesh/api.ts";
import type { Access } from "./access.ts";
import { agentsFor } from "./agents.ts";
import type { ApiAnswer, ApiCall, AskApi } from "./api.ts";
import { limited } from "./limit.ts";
import { unreachable } from "./unreachable.ts";

const answerWithin = 30_000;

/** Asks for whole answers. */
export function asker(access: Access, open: OpenRequest): AskApi {
  const ask = async (call: ApiCall, signal: AbortSignal): Promise<ApiAnswer> => {
    const response = await open(call, signal);
    try {
      return answerOf(response, await text(response));
    } catch (error) {
      throw unreachable(access.server, error, signal);
    }
  };
  return (call) =>
    call.signal === undefined
      ? limited(undefined, answerWithin, (signal) => ask(call, signal))
      : ask(call, call.signal);
}

function answerOf({ statusCode: status = 0, headers }: IncomingMessage, body: string): ApiAnswer {
  const { "retry-after": retryAfter = "", date, warning } = headers;
  const json = parsed(body);
  return {
    status,
    body: json ?? null,
    ...(json === undefined ? { text: body } : {}),
    ...(/^\d+$/.test(retryAfter) ? { retryAfter: Number(retryAfter) } : {}),
    ...(date === undefined ? {} : { date }),
    ...(warning === undefined ? {} : { warnings: warningTexts(warning) }),
  };
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
export type OpenRequest = (call: ApiCall, signal: AbortSignal) => Promise<IncomingMessage>;

/** A 401 is tried once more with renewed credentials: nothing was done yet. */
export function requests(access: Access): OpenRequest {
  const agentOf = agentsFor(access.server);
  return async (call, signal) => {
    const response = await attempt(call, signal);
    if (response.statusCode !== 401) return response;
    response.resume();
    access.renew();
    return attempt(call, signal);
  };

  async function attempt(call: ApiCall, signal: AbortSignal): Promise<IncomingMessage> {
    signal.throwIfAborted();
    const credentials = await access.credentials();
    const headers = { ...callHeaders(call), ...credentials.headers };
    const options = { method: call.method, headers, agent: agentOf(credentials), signal };
    try {
      return await opened(urlOf(access.server, call), options, call);
    } catch (error) {
      // What only reads is asked again.
      if (error instanceof ClosedMeanwhile && call.method === "GET") return attempt(call, signal);
      throw unreachable(access.server, error, signal);
    }
  }
}

const callHeaders = ({ accept, body, contentType }: ApiCall): Record<string, string> => ({
  accept: accept ?? "application/json",
  "user-agent": "weft",
  ...(body === undefined ? {} : { "content-type": contentType ?? "application/json" }),
});

const urlOf = (server: string, { path, query }: ApiCall): string => {
  const words = new URLSearchParams(query).toString();
  return `${server}${path}${words === "" ? "" : `?${words}`}`;
};

/** The server closed a kept connection at the very moment it was used again. */
class ClosedMeanwhile extends Error {
  readonly code = "ECONNRESET";
}

function opened(url: string, options: RequestOptions, { body }: ApiCall): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = (url.startsWith("https:") ? httpsRequest : httpRequest)(url, options, resolve);
    request.once("error", (error: NodeJS.ErrnoException) => {
      reject(request.reusedSocket && error.code === "ECONNRESET" ? new ClosedMeanwhile() : error);
    });
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
