/**
 * A collection of the API server, kept here: listed once, then followed by a watch. What ends is begun again: a watch
 * that breaks, after a pause; one that is silent although bookmarks were asked for; and the list, when the server has
 * forgotten our version (410 Gone) and from time to time.
 */
import type { JsonObject } from "../core/base/json/json.ts";
import type { KubeApi, WatchEvent } from "./api.ts";
import { pausesAfter } from "../async/back-off.ts";
import type { Clock } from "../async/clock.ts";
import { piecesOfProcess } from "../async/pieces-of-work.ts";
import type { PiecesOfWork } from "../async/pieces-of-work.ts";
import { HeldValues, Store } from "./store.ts";
import type { Holder } from "./store.ts";
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
  /** Narrows the collection, such as `{ fieldSelector: "metadata.name=web" }`. */
  readonly selector?: Readonly<Record<string, string>> | undefined;
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
  /** Where the values are held, and compared; a map of its own when absent. */
  readonly holder?: Holder<Value> | undefined;
  /** A list is taken up piece by piece; the process's own when absent. */
  readonly pieces?: Pick<PiecesOfWork, "rest">;
}

export interface Reflected<Value> {
  /** By name, or `namespace/name` where there is a namespace. */
  readonly get: (key: string) => Value | undefined;
  readonly has: (key: string) => boolean;
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
export const defaultRoom = 128 * mebibyte;
const relistAfter = 30 * 60_000;
/** The same while something is left out: there may be a place for it by now. */
const relistIncompleteAfter = 5 * 60_000;
/** A watch that ends sooner is as good as refused, whatever it told: nobody is to be asked in a loop. */
const healthyAfter = 60_000;
export const pauses = { first: 500, most: 30_000, healthyAfter };
/** Longer than this nobody is left alone, whatever he asks for. */
export const longestAskedFor = 60;

export const reflect = <Value>(options: ReflectorOptions<Value>): Reflected<Value> => new Reflector(options);

class Reflector<Value> implements Reflected<Value> {
  readonly #options: ReflectorOptions<Value>;
  readonly #store: Store<Value>;
  readonly #nextPause: () => number;
  readonly #isExpiredAgain: () => boolean;
  #synced = false;
  /** When the server was last heard of, on the clock. */
  #heard = -Infinity;
  /** What is kept is that of this resourceVersion. */
  #version = "";
  readonly ended: Promise<void>;

  constructor(options: ReflectorOptions<Value>) {
    const {
      holder = new HeldValues<Value>(),
      places = placesIn(room(defaultRoom)),
      onLeftOut,
      clock,
      random,
    } = options;
    this.#options = options;
    this.#store = new Store({ holder, places, onLeftOut });
    this.#nextPause = pausesAfter(pauses, clock, random);
    this.#isExpiredAgain = againWithin(healthyAfter, clock);
    this.ended = this.#run().finally(() => this.#store.release());
  }

  readonly get = (key: string): Value | undefined => this.#store.get(key);
  readonly has = (key: string): boolean => this.#store.has(key);
  readonly size = (): number => this.#store.size;
  readonly keys = (): Iterable<string> => this.#store.keys();
  readonly leftOut = (): ReadonlyMap<string, number> => this.#store.leftOut;
  readonly synced = (): boolean => this.#synced;
  readonly silence = (): number => this.#options.clock.now() - this.#heard;

  async #run(): Promise<void> {
    while (!this.#options.signal.aborted) {
      try {
        await this.#list();
        await this.#follow(relistDue(this.leftOut, this.#options));
      } catch (error) {
        // Once that is nobody's fault: the API server was compacted, or started anew.
        if (!(error instanceof Expired) || this.#isExpiredAgain()) await this.#pauseAfter(error);
      }
    }
  }

  async #list(): Promise<void> {
    const { api, path, selector, whole = false, signal, onListed, pieces = piecesOfProcess } = this.#options;
    const draft = this.#store.draft();
    const onObject = (object: JsonObject): boolean => {
      this.#hear();
      return draft.add(keyOf(metadataOf(object)), this.#keptOf(object));
    };
    try {
      const accept = whole ? undefined : acceptMetadataList;
      this.#version = await listObjects(api.ask, { path, accept, selector, pieces }, onObject, signal);
    } catch (error) {
      draft.drop();
      throw error;
    }
    this.#hear();
    await draft.use(pieces);
    this.#synced = true;
    onListed?.(this.#store.size);
  }

  /** Watch after watch, until a list is due, a watch was silent, or the server has forgotten our version. */
  async #follow(isDue: () => boolean): Promise<void> {
    const { clock, path, signal } = this.#options;
    while (!signal.aborted && !isDue()) {
      const began = clock.now();
      try {
        const end = await this.#watchOnce();
        if (end === "silent") return;
        if (clock.now() - began < healthyAfter) throw new Error(`watching ${path}: the server ended it too soon`);
      } catch (error) {
        if (error instanceof Expired) throw error;
        await this.#pauseAfter(error);
      }
    }
  }

  #watchOnce(): Promise<WatchEnd> {
    const { api, path, selector, whole = false, clock, random, signal } = this.#options;
    const since = clock.now();
    return watchSession({
      api,
      path,
      accept: whole ? undefined : acceptMetadata,
      selector,
      version: this.#version,
      seconds: watchSeconds + Math.floor(random() * 60),
      clock,
      signal,
      onEvent: (event) => this.#take(event),
      silence: () => clock.now() - Math.max(this.#heard, since),
    });
  }

  #take({ type, object }: WatchEvent): void {
    this.#hear();
    const metadata = metadataOf(object);
    if (type !== "BOOKMARK") this.#store.set(keyOf(metadata), type === "DELETED" ? undefined : this.#keptOf(object));
    // Only then: what could not be kept is told again.
    this.#version = textOf(metadata, "resourceVersion") || this.#version;
  }

  #keptOf(object: JsonObject): Value {
    const { keep, whole = false } = this.#options;
    return keep(whole ? object : metadataOf(object));
  }

  #hear(): void {
    this.#heard = this.#options.clock.now();
  }

  async #pauseAfter(error: unknown): Promise<void> {
    const { clock, signal, onFailure } = this.#options;
    if (signal.aborted) return;
    onFailure?.(error instanceof Error ? error : new Error(String(error)));
    await clock.wait(Math.max(this.#nextPause(), askedForBy(error)), signal);
  }
}

/** Whether a list is due, from now on: a tenth sooner or later, so that not all lists come together. */
function relistDue(
  leftOut: () => ReadonlyMap<string, number>,
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
