/** Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) to a page that may be slow. */
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { Clock } from "../async/clock.ts";

export interface EventStream {
  /** Aborts when the page is gone. */
  readonly signal: AbortSignal;
  /** What the page has not read yet may be as much as one such event and what the system keeps; waits for the rest to go. */
  readonly send: (event: string, data: unknown) => Promise<void>;
  /** Replaces what waits for the page to read: only the newest of its kind is worth sending. */
  readonly sendLatest: (event: string, data: unknown) => void;
  readonly end: () => void;
}

/** Milliseconds between two comments, by which a proxy or a browser sees that there is still somebody. */
const commentEvery = 15_000;

export function eventStream(response: ServerResponse, clock: Clock): EventStream {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  response.writeHead(200, { "Content-Type": "text/event-stream; charset=utf-8" });
  // The page is told that it is connected before the first round has ended.
  response.write(": weft\n\n");
  void comments(response, clock, gone.signal);
  const waiting = new Map<string, unknown>();
  response.on("drain", () => {
    for (const [event, data] of waiting) {
      if (response.writableNeedDrain) return;
      waiting.delete(event);
      response.write(eventText(event, data));
    }
  });
  return {
    signal: gone.signal,
    send: async (event, data) => {
      if (gone.signal.aborted || response.write(eventText(event, data))) return;
      // Rejects when the page has gone.
      await once(response, "drain", { signal: gone.signal }).catch(() => undefined);
    },
    sendLatest: (event, data) => {
      if (response.writableNeedDrain) waiting.set(event, data);
      else response.write(eventText(event, data));
    },
    end: () => response.end(),
  };
}

async function comments(response: ServerResponse, clock: Clock, signal: AbortSignal): Promise<void> {
  for (;;) {
    await clock.wait(commentEvery, signal);
    if (signal.aborted) return;
    if (!response.writableNeedDrain) response.write(":\n\n");
  }
}

/** JSON has no line breaks of its own, so that one `data:` line is enough. */
const eventText = (event: string, data: unknown): string => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
