/** One watch of a collection, from its beginning to its end. */
import type { KubeApi, WatchEvent } from "./api.ts";
import type { Clock } from "../async/clock.ts";
import { isObject } from "../core/base/json/json.ts";
import { NotNow, refusalText } from "./metadata.ts";

export interface WatchSession {
  readonly api: Pick<KubeApi, "watch">;
  readonly path: string;
  /** What kind of objects is wanted; whole ones when absent. */
  readonly accept?: string | undefined;
  /** Narrows the collection. */
  readonly selector?: Readonly<Record<string, string>> | undefined;
  /** The watch tells what happened since then. */
  readonly version: string;
  /** After so many the server ends it. */
  readonly seconds: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Never called with an event of type ERROR. */
  readonly onEvent: (event: WatchEvent) => void;
  /** Milliseconds since something was heard. */
  readonly silence: () => number;
}

/** By the server; or by us, as it never said anything. */
export type WatchEnd = "ended" | "silent";

/** The server does not know the version any more (410 Gone). */
export class Expired extends Error {}

/** Nothing was heard for too long. */
class Silent extends Error {}

/** Bookmarks come about every minute. */
const silentTooLong = 150_000;

/**
 * Resolves when the server ends it in peace; rejects when it refuses, breaks or falls silent. One that never told anything
 * may be as it should: of a collection of custom resources that was empty ever since, an API server sends no bookmarks.
 * A list tells whether the server is there.
 */
export async function watchSession({
  api,
  path,
  accept,
  selector,
  version,
  seconds,
  clock,
  signal,
  onEvent,
  silence,
}: WatchSession): Promise<WatchEnd> {
  const ending = new AbortController();
  const end = (): void => ending.abort(signal.reason);
  if (signal.aborted) end();
  signal.addEventListener("abort", end, { once: true });
  let refusal: Error | undefined;
  let told = false;
  const take = (event: WatchEvent): void => {
    if (ending.signal.aborted) return;
    told = true;
    if (event.type !== "ERROR") return onEvent(event);
    refusal = refusalOf(event, path);
    ending.abort(refusal);
  };
  const query = {
    ...selector,
    allowWatchBookmarks: "true",
    resourceVersion: version,
    timeoutSeconds: String(seconds),
  };
  void abortWhenSilent(ending, silence, clock);
  try {
    await api.watch({ path, query, ...(accept && { accept }) }, take, ending.signal);
  } catch (error) {
    if (error instanceof Silent && !told) return "silent";
    throw error;
  } finally {
    ending.abort();
    signal.removeEventListener("abort", end);
  }
  // To the one who brings it a refusal is the last line of a watch that went well.
  if (refusal !== undefined) throw refusal;
  return "ended";
}

function refusalOf({ object }: WatchEvent, path: string): Error {
  const { code, details } = object;
  const status = typeof code === "number" ? code : 0;
  const message = `watching ${path}: ${refusalText({ status, body: object })}`;
  if (status === 410) return new Expired(message);
  const seconds = isObject(details) ? details["retryAfterSeconds"] : undefined;
  return new NotNow(message, status, typeof seconds === "number" ? seconds : 0);
}

/** A connection whose other end has gone may stay open for hours. */
async function abortWhenSilent(ending: AbortController, silence: () => number, clock: Clock): Promise<void> {
  while (!ending.signal.aborted) {
    const left = silentTooLong - silence();
    if (left <= 0) return ending.abort(new Silent(`a watch was silent for ${silentTooLong / 1000} s`));
    await clock.wait(left, ending.signal);
  }
}
