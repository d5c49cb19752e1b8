/**
 * The ConfigMaps and Secrets that files are mounted from, watched. A kubelet brings a change within two minutes, each at
 * a time of its own, and until then replicas differ.
 *
 * A file counts until its object was heard of; from then on the object does, as the file may be older. Where the API
 * server refuses to tell of the object any more, the file counts again after so long that the kubelet has brought what
 * there is. Where it is away, everything stays as it is: the kubelet hears nothing, either.
 */
import { basename } from "node:path";
import { collectionPath, resources } from "../core/kubernetes/kinds.ts";
import type { Kind } from "../core/kubernetes/kinds.ts";
import { isObject } from "../core/base/json/json.ts";
import type { Json, JsonObject } from "../core/base/json/json.ts";
import { textOfBytes } from "../files/read.ts";
import type { FileFound } from "../files/read.ts";
import type { Origin } from "../files/reloaded.ts";
import type { Clock } from "../async/clock.ts";
import type { KubeApi } from "../kube/api.ts";
import { NotNow } from "../kube/metadata.ts";
import { reflect } from "../kube/reflector.ts";
import type { Reflected } from "../kube/reflector.ts";
import { placesIn } from "../kube/places.ts";
import { mebibyte, room } from "../kube/room.ts";
import type { Places } from "../kube/places.ts";
import { HeldValues } from "../kube/store.ts";
import type { Log } from "../observe/log.ts";
import type { Check } from "../net/admin-server.ts";
import type { MountFlags } from "./common-flags.ts";

export interface MountedObject {
  readonly kind: Kind;
  readonly name: string;
  /** The files that it is mounted as, each named as its key. */
  readonly paths: readonly string[];
}

export interface MountedWorld {
  readonly api: Pick<KubeApi, "ask" | "watch">;
  /** Of the objects. */
  readonly namespace: string;
  readonly clock: Clock;
  /** From 0 to 1, as `Math.random`. */
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly log: Pick<Log, "info" | "warn">;
}

export interface MountedObjects extends Origin {
  /**
   * Whether each was heard of, or refused: who starts with the API server away has files that may be older than what the
   * process before it used.
   */
  readonly ready: () => boolean;
  /** Seconds since the one that is silent for longest was heard of; Infinity before the first time. */
  readonly staleness: () => number;
  readonly check: Check;
  /** Resolves when the signal has ended it. */
  readonly ended: Promise<unknown>;
}

/** Who starts waits no longer for an answer; milliseconds. */
export const askedWithin = 3000;
/** Bytes kept of all of them; an API server takes 1.5 MiB of one. */
export const mostMounted = 16 * mebibyte;
/** Changes that come together are read together; milliseconds. */
const together = 100;
/** Refused for so long: the files count again. Kubelets look once a minute, at what they keep for another one. */
export const refusedFor = 5 * 60_000;

/** Rights: list and watch on each of the objects, by its name. */
export function mountedObjects(objects: readonly MountedObject[], world: MountedWorld): MountedObjects {
  const { clock, signal } = world;
  const tells: (() => void)[] = [];
  let isTelling = false;
  const changed = async (): Promise<void> => {
    if (isTelling) return;
    isTelling = true;
    await clock.wait(together, signal);
    isTelling = false;
    if (!signal.aborted) for (const tell of tells) tell();
  };
  const places = placesIn(room(mostMounted));
  const followed = objects.map((object) => new FollowedObject(object, { ...world, places }, () => void changed()));
  const byPath = new Map(followed.flatMap((each) => each.object.paths.map((path) => [path, each] as const)));
  const isReady = (): boolean => followed.every((each) => each.isReady);
  const says = (): string => followed.map((each) => each.says()).join("; ");
  const answered = new AbortController();
  const all = Promise.all(followed.map(({ asked }) => asked)).then(() => answered.abort());
  return {
    found: (path) => byPath.get(path)?.found(basename(path)),
    ready: isReady,
    asked: Promise.race([all, clock.wait(askedWithin, answered.signal)]),
    onChange: (tell) => void tells.push(tell),
    staleness: () => Math.max(...followed.map((each) => each.silence)) / 1000,
    check: { name: "mounted objects", look: () => ({ fails: !isReady(), says: says() }) },
    ended: Promise.all(followed.map((each) => each.ended)),
  };
}

/** Those that settings and trust anchors are mounted from, by the flags that name them. */
export const mountedConfigMaps = ({
  settings,
  settingsConfigMap,
  trustAnchors,
  trustAnchorsConfigMap,
}: MountFlags): readonly MountedObject[] =>
  (
    [
      [settingsConfigMap, settings],
      [trustAnchorsConfigMap, trustAnchors],
    ] as const
  ).flatMap(([name, path]) =>
    name === undefined || path === undefined ? [] : [{ kind: resources.configMaps, name, paths: [path] }],
  );

class FollowedObject {
  readonly object: MountedObject;
  /** Resolves when it was heard of, or not, for the first time. */
  readonly asked: Promise<void>;
  readonly #world: MountedWorld;
  readonly #onChange: () => void;
  readonly #answered: () => void;
  readonly #at: string;
  readonly #kept: Reflected<Readonly<Record<string, FileFound>>>;
  /** Which of them counts. */
  #inUse: "object" | "files" = "files";
  #isReady = false;
  /** Since when it fails, and with which words last. */
  #failing: { readonly since: number; readonly words: string } | undefined;
  #refusedSince: number | undefined;

  constructor(object: MountedObject, world: MountedWorld & { readonly places: Places }, onChange: () => void) {
    const { kind, name, paths } = object;
    const { promise, resolve } = Promise.withResolvers<void>();
    const keys = paths.map((path) => basename(path));
    this.object = object;
    this.asked = promise;
    this.#answered = resolve;
    this.#world = world;
    this.#onChange = onChange;
    this.#at = `${kind.kind} ${name}`;
    const { api, namespace, clock, random, places, signal } = world;
    this.#kept = reflect({
      api,
      path: collectionPath(kind, namespace),
      selector: { fieldSelector: `metadata.name=${name}` },
      whole: true,
      keep: (whole) => filesIn(whole, kind.kind === "Secret", keys, this.#at),
      clock,
      random,
      places,
      signal,
      holder: new HeldValues(() => this.#heard(true)),
      onListed: () => this.#heard(false),
      onFailure: (error) => this.#failed(error),
    });
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  /** Milliseconds. */
  get silence(): number {
    return this.#kept.silence();
  }

  get ended(): Promise<void> {
    return this.#kept.ended;
  }

  found(key: string): FileFound | undefined {
    if (this.#inUse === "files") return undefined;
    const { name } = this.object;
    return (
      this.#kept.get(`${this.#world.namespace}/${name}`)?.[key] ?? { issue: { at: this.#at, message: "is not there" } }
    );
  }

  says(): string {
    const [at, failing] = [this.#at, this.#failing];
    const told =
      this.#inUse === "object" ? `${at}, heard of ${Math.round(this.silence / 1000)} s ago` : `${at} by its files`;
    return failing === undefined || this.#heardSince(failing.since) ? told : `${told} (${failing.words})`;
  }

  #heard(isChanged: boolean): void {
    if (this.#failing !== undefined) this.#world.log.info(`${this.#at} is watched again`);
    this.#failing = undefined;
    this.#refusedSince = undefined;
    this.#isReady = true;
    this.#answered();
    if (this.#inUse === "files" || isChanged) this.#use("object");
  }

  #failed(error: Error): void {
    const { clock, log } = this.#world;
    const now = clock.now();
    if (this.#failing === undefined || this.#heardSince(this.#failing.since)) {
      this.#failing = { since: now, words: error.message };
      this.#refusedSince = undefined;
      log.warn(this.#inUse === "object" ? lost(this.#at) : unheard(this.#at), { reason: error.message });
    }
    this.#failing = { ...this.#failing, words: error.message };
    this.#answered();
    const isRefused = error instanceof NotNow && refusals.has(error.status);
    // One that starts refuses too, until it knows the roles. While it is away kubelets hear nothing, either.
    this.#refusedSince = isRefused ? (this.#refusedSince ?? now) : undefined;
    if (isRefused) this.#isReady = true;
    if (this.#inUse === "files" || this.#refusedSince === undefined || now - this.#refusedSince < refusedFor) return;
    log.warn(refusedTooLong(this.#at));
    this.#use("files");
  }

  #use(source: "object" | "files"): void {
    this.#inUse = source;
    this.#onChange();
  }

  /** A watch that goes on where it was tells nothing but that it is there. */
  #heardSince(time: number): boolean {
    return this.#world.clock.now() - this.silence > time;
  }
}

const refusals: ReadonlySet<number> = new Set([401, 403]);

const lost = (at: string): string => `${at} cannot be watched, trying again: what was heard of it stays in use`;
const unheard = (at: string): string =>
  `${at} cannot be watched, trying again: its files are in use, which follow it a minute or two later`;
const refusedTooLong = (at: string): string =>
  `${at} may not be watched any more: its files count again, which follow it a minute or two later`;

/** What a kubelet would write, of these keys alone. */
function filesIn(
  { data, binaryData }: JsonObject,
  isSecret: boolean,
  keys: readonly string[],
  at: string,
): Readonly<Record<string, FileFound>> {
  const [texts, bytes] = isSecret ? [undefined, data] : [data, binaryData];
  const fileOf = (key: string): FileFound => {
    const [text, encoded] = [valueOf(texts, key), valueOf(bytes, key)];
    if (text !== undefined) return { text: text.replace(/^\uFEFF/, "") };
    if (encoded !== undefined) return textOfBytes(`${at}, key ${key}`, Buffer.from(encoded, "base64"));
    return { issue: { at, message: `has no key ${key}` } };
  };
  return Object.fromEntries(keys.map((key) => [key, fileOf(key)]));
}

function valueOf(values: Json | undefined, key: string): string | undefined {
  const value = isObject(values) && Object.hasOwn(values, key) ? values[key] : undefined;
  return typeof value === "string" ? value : undefined;
}
