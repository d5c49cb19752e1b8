/** Watches: an answer that does not end, one event a line. */
import type { IncomingMessage } from "node:http";
import { isObject } from "../core/base/json/json.ts";
import type { Json } from "../core/base/json/json.ts";
import type { Access } from "./access.ts";
import type { WatchApi, WatchEvent } from "./api.ts";
import { linesOf, textIn, defaultText } from "./bounded-text.ts";
import type { TextLimits } from "./bounded-text.ts";
import { withTimeout } from "../async/limit.ts";
import { piecesOfProcess } from "../async/pieces-of-work.ts";
import type { PiecesOfWork } from "../async/pieces-of-work.ts";
import { secondsIn } from "./requests.ts";
import type { OpenRequest } from "./requests.ts";
import { unreachable } from "./unreachable.ts";

// The API server begins its answer at once, and ends a watch after 30 to 60 minutes by itself. Who asks for bookmarks
// hears of it each minute. Where its machine has gone, or its packets, the connection ends by itself (agents.ts).
const defaultSilence = { atFirst: 30_000, later: 10 * 60_000 };

/**
 * Watches over one way to send requests. A refusal is an event of type ERROR, as the API server itself sends for a
 * resourceVersion that is too old.
 */
export function watcher(
  access: Access,
  open: OpenRequest,
  limits: TextLimits = defaultText(),
  { atFirst, later } = defaultSilence,
  pieces: Pick<PiecesOfWork, "rest"> = piecesOfProcess,
): WatchApi {
  return ({ path, query, accept }, onEvent, parent) => {
    const watch = async (signal: AbortSignal, refresh: () => void): Promise<void> => {
      const call = { method: "GET", path, query: { ...query, watch: "true" }, ...(accept && { accept }) } as const;
      const response = await open(call, signal, "watch");
      try {
        if (response.statusCode !== 200) return onEvent(refusal(response, await textIn(response, limits)));
        refresh();
        for await (const line of linesOf(response, limits)) {
          // Meanwhile no more is read of it than the connection has room for.
          const rest = pieces.rest();
          if (rest !== undefined) await rest;
          refresh();
          onEvent(eventOf(line));
        }
      } catch (error) {
        throw unreachable(access.server, error, signal);
      }
    };
    return withTimeout(parent, atFirst, watch, later);
  };
}

function refusal({ statusCode: code = 0, headers }: IncomingMessage, body: string): WatchEvent {
  let status: Json;
  try {
    status = JSON.parse(body) as Json;
  } catch {
    status = null;
  }
  const object = isObject(status) ? status : { kind: "Status", message: body.slice(0, 200) };
  const retryAfterSeconds = secondsIn(headers);
  // Where a Status has it, too (meta/v1 StatusDetails).
  const details = retryAfterSeconds === undefined ? {} : { details: { retryAfterSeconds } };
  return { type: "ERROR", object: { ...object, ...details, code } };
}

function eventOf(line: string): WatchEvent {
  const event = JSON.parse(line) as Json;
  if (isObject(event) && isObject(event["object"]) && typeof event["type"] === "string")
    return event as unknown as WatchEvent;
  throw new Error("a line of the watch is not an event");
}
