/**
 * A collection of the API server, kept here: listed once, then followed by a watch. What ends is begun again: a watch
 * that breaks, after a pause; one that is silent although bookmarks were asked for; and the list, when the server has
 * forgotten our version (410 Gone) and from time to time.
 */
import type { JsonObject } from "../core/base/json/json.ts";
import type { KubeApi, WatchEvent } from "./api.ts";
import { pausesAfter } from "../async/clock.ts";
import type { Clock } from "../async/clock.ts";
import { KeptValues } from "./store.ts";
import type { OnChange } from "./store.ts";
import { listObjects } from "./list.ts";
import { NotNow, acceptMetadata, acceptMetadataList, metadataOf, textOf } from "./metadata.ts";
import { Expired, watchSession } from "./watch-session.ts";
import type { WatchEnd } from "./watch-session.ts";
import { placesIn } from "./places.ts";
import type { Places } from "./places.ts";
import { mebibyte, room } from "./room.ts";

export interface ReflectorOptions<Value> {
  readonly api: Pick<KubeApi, "ask" | "watch">;
  /** Of the collection, such as `/api/v1/namespaces`. */
  readonly path: string;
  /** What is kept of an object; of its metadata alone, unless objects are asked for whole. */
  readonly keep: (object: JsonObject) => Value;
  /** Asks for whole objects. */
  readonly whole?: boolean;
  readonly clock: Clock;
  /** From 0 to 1, as `Math.random`. */
  readonly random: () => number;
  /** For what is kept; 128 MiB of its own when absent, and more is a failure. */
  readonly places?: Places;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** A list or a watch failed; it is tried again. */
  readonly onFailure?: ((error: Error) => void) | undefined;
  /** A list was read whole. */
  readonly onListed?: ((objects: number) => void) | undefined;
  /** Something of the namespace is left out from now on, as there is no place for it; a list may end that. */
  readonly onLeftOut?: ((namespace: string) => void) | undefined;
  /** Another value is kept of an object, none when it is gone; also when it is a list that brings it to light. */
  readonly onChange?: OnChange<Value> | undefined;
}

export interface Reflected<Value> {
  /** By name, or `namespace/name` where there is a namespace. */
  readonly get: (key: string) => Value | undefined;
  readonly size: () => number;
  readonly keys: () => Iterable<string>;
  /** Namespace → how often something of it was left out since the last list. */
  readonly leftOut: () => ReadonlyMap<string, number>;
  /** Whether it was read whole at least once. */
  readonly synced: () => boolean;
  /** Milliseconds since the server was last heard of; Infinity before that. Up to a minute when all is well. */
  readonly silence: () => number;
  /** Resolves when the signal has ended it. */
  readonly ended: Promise<void>;
}

/** After this long the server ends a watch; a random part is added, so that not all of them come back at once. */
const watchSeconds = 240;
export const usualRoom = 128 * mebibyte;
const relistAfter = 30 * 60_000;
/** The same while something is left out: there may be a place for it by now. */
const relistIncompleteAfter = 5 * 60_000;
/** A watch that ends sooner is as good as refused, whatever it told: nobody is to be asked in a loop. */
const healthyAfter = 60_000;
export const pauses = { first: 500, most: 30_000, healthyAfter };
/** Longer than this nobody is left alone, whatever he asks for. */
export const longestAskedFor = 60;

export function reflect<Value>(options: ReflectorOptions<Value>): Reflected<Value> {
  const { api, path, keep, whole = false, clock, random, signal } = options;
  const accept = whole ? {} : { list: acceptMetadataList, watch: acceptMetadata };
  const values = keptAs(options);
  let synced = false;
  let heard = -Infinity;
  let version = "";
  const keptOf = (object: JsonObject): Value => keep(whole ? object : metadataOf(object));
  const nextPause = pausesAfter(pauses, clock, random);
  const isExpiredAgain = againWithin(healthyAfter, clock);

  async function run(): Promise<void> {
    while (!signal.aborted) {
      try {
        await list();
        await follow(relistDue(values, options));
      } catch (error) {
        // Once that is nobody's fault: the API server was compacted, or started anew.
        if (!(error instanceof Expired) || isExpiredAgain()) await afterFailure(error);
      }
    }
  }

  async function list(): Promise<void> {
    const draft = values.draft();
    const onObject = (object: JsonObject): boolean => {
      heard = clock.now();
      return draft.add(keyOf(metadataOf(object)), keptOf(object));
    };
    try {
      version = await listObjects(api.ask, { path, accept: accept.list }, onObject, signal);
    } catch (error) {
      draft.drop();
      throw error;
    }
    heard = clock.now();
    draft.use();
    synced = true;
    options.onListed?.(values.size);
  }

  /** Watch after watch, until a list is due, a watch was silent, or the server has forgotten our version. */
  async function follow(isDue: () => boolean): Promise<void> {
    while (!signal.aborted && !isDue()) {
      const began = clock.now();
      try {
        const end = await watchOnce();
        if (end === "silent") return;
        if (clock.now() - began < healthyAfter) throw new Error(`watching ${path}: the server ended it too soon`);
      } catch (error) {
        if (error instanceof Expired) throw error;
        await afterFailure(error);
      }
    }
  }

  function watchOnce(): Promise<WatchEnd> {
    const since = clock.now();
    const onEvent = (event: WatchEvent): void => {
      heard = clock.now();
      take(event);
    };
    const silence = (): number => clock.now() - Math.max(heard, since);
    const seconds = watchSeconds + Math.floor(random() * 60);
    return watchSession({ api, path, accept: accept.watch, version, seconds, clock, signal, onEvent, silence });
  }

  function take({ type, object }: WatchEvent): void {
    const metadata = metadataOf(object);
    if (type !== "BOOKMARK") values.set(keyOf(metadata), type === "DELETED" ? undefined : keptOf(object));
    // Only then: what could not be kept is told again.
    version = textOf(metadata, "resourceVersion") || version;
  }

  async function afterFailure(error: unknown): Promise<void> {
    if (signal.aborted) return;
    options.onFailure?.(error instanceof Error ? error : new Error(String(error)));
    await clock.wait(Math.max(nextPause(), askedForBy(error)), signal);
  }

  return {
    get: (key) => values.get(key),
    size: () => values.size,
    keys: () => values.keys(),
    leftOut: values.leftOut,
    synced: () => synced,
    silence: () => clock.now() - heard,
    ended: run().finally(() => values.release()),
  };
}

function keptAs<Value>({ onChange, places, onLeftOut }: ReflectorOptions<Value>): KeptValues<Value> {
  return new KeptValues(onChange, places ?? placesIn(room(usualRoom)), onLeftOut);
}

/** Whether a list is due, from now on: a tenth sooner or later, so that not all lists come together. */
function relistDue(
  { leftOut }: { readonly leftOut: () => ReadonlyMap<string, number> },
  { clock, random }: Pick<ReflectorOptions<unknown>, "clock" | "random">,
): () => boolean {
  const [listed, share] = [clock.now(), 0.9 + random() / 5];
  return () => clock.now() - listed >= share * (leftOut().size > 0 ? relistIncompleteAfter : relistAfter);
}

/** Milliseconds. */
const askedForBy = (error: unknown): number =>
  error instanceof NotNow ? Math.min(error.seconds, longestAskedFor) * 1000 : 0;

/** Whether it was asked before, so many milliseconds ago or less. */
function againWithin(milliseconds: number, clock: Pick<Clock, "now">): () => boolean {
  let last = -Infinity;
  return () => {
    const before = last;
    last = clock.now();
    return last - before < milliseconds;
  };
}

const keyOf = (metadata: JsonObject): string => {
  const namespace = textOf(metadata, "namespace");
  const name = textOf(metadata, "name");
  return namespace === "" ? name : `${namespace}/${name}`;
};
