/**
 * The namespaces, kept here for reviews: the annotations and labels that matter, by a list and a watch. One that is not
 * known yet is asked for within the review's deadline, as long as not too many are: reviews may be anybody's, with a name
 * that nobody has heard of in each. What is over the rate cannot be found out now; whoever asks again a moment later finds
 * a namespace that is new in the cache, as the watch has brought it meanwhile.
 *
 * Rights: `namespaces` get (a namespace made a moment ago), list and watch (all others).
 */
import { collectionPath, resources } from "../../core/kubernetes/kinds.ts";
import { concernsInjection } from "../../core/inject/messages/unknown-keys.ts";
import { isObject } from "../../core/base/json/json.ts";
import type { Annotations, JsonObject, Labels } from "../../core/base/json/json.ts";
import { dnsLabel } from "../../core/base/scalars/dns-label.ts";
import { mirrorLabel } from "../../core/registration/entries.ts";
import type { AskApi } from "../../kube/api.ts";
import { acceptMetadata, metadataOf, refusalText, textOf } from "../../kube/metadata.ts";
import { TooOften, bucket } from "../../async/rate.ts";
import { Recent } from "../../core/base/memory/recent.ts";
import { reflect } from "../../kube/reflector.ts";
import type { Reflected, ReflectorOptions } from "../../kube/reflector.ts";
import { singleFlight } from "../../async/single-flight.ts";
import type { Deadline } from "../../async/until.ts";

export interface Namespace {
  /** For Events on it. */
  readonly uid: string;
  readonly annotations: Annotations;
  /** The mirrored label and those of Pod Security. */
  readonly labels: Labels;
}

export interface Namespaces {
  /** At once when it is known; `undefined`: there is no such namespace. Rejects when it cannot be found out in time. */
  readonly namespaceNamed: (
    name: string,
    deadline: Deadline,
  ) => Annotations | undefined | Promise<Annotations | undefined>;
  /** The same, asked of the API server. */
  readonly freshNamespace: (name: string, deadline: Deadline) => Promise<Annotations | undefined>;
  /** What is known of it, its labels too. */
  readonly known: (name: string) => Namespace | undefined;
  readonly size: () => number;
  /** Whether all of them were read: reviews may come. */
  readonly synced: () => boolean;
  /** Seconds since the watch was last heard of, for a metric: above 150 it is broken, and what is known grows old. */
  readonly staleness: () => number;
  readonly ended: Promise<void>;
}

export type NamespacesOptions = Omit<ReflectorOptions<Namespace>, "path" | "keep"> & {
  /** A namespace had to be asked for. */
  readonly onAsked?: (() => void) | undefined;
  /** It was not asked for, as too many were. */
  readonly onRefused?: (() => void) | undefined;
};

const path = collectionPath(resources.namespaces);
/** A namespace that is not there may be there a moment later; one that is there comes by the watch. */
const rememberedFor = 1000;
const mostRemembered = 1024;
/** A request serves everybody who waits for the namespace; each has a deadline of his own. */
export const flights = { most: 64, atOnce: 8, timeout: 10_000 };
export const lookUps = { atOnce: 200, perSecond: 50 };

export function namespaces(options: NamespacesOptions): Namespaces {
  const { api, clock, onAsked, onRefused } = options;
  const kept: Reflected<Namespace> = reflect({ ...options, path, keep: namespaceOf });
  const asked = new Recent<Namespace | undefined>(mostRemembered);
  const rate = bucket(lookUps, clock.now);

  const ask = singleFlight(async (name, signal) => {
    if (!rate.take()) {
      onRefused?.();
      throw new TooOften("too many namespaces are looked up now");
    }
    onAsked?.();
    const found = await askFor(api.ask, name, signal);
    asked.set(name, found, clock.now() + rememberedFor);
    return found;
  }, flights);
  const freshNamespace: Namespaces["freshNamespace"] = async (name, deadline) => {
    // No API server has one of another name, and none is to become part of a path.
    if (!dnsLabel.test(name)) return undefined;
    return (await ask(name, deadline))?.annotations;
  };

  return {
    namespaceNamed: (name, deadline) => {
      const known = kept.get(name);
      if (known !== undefined) return known.annotations;
      const entry = asked.get(name, clock.now());
      return entry === undefined ? freshNamespace(name, deadline) : entry.value?.annotations;
    },
    freshNamespace,
    known: (name) => kept.get(name) ?? asked.get(name, clock.now())?.value,
    size: kept.size,
    synced: kept.synced,
    staleness: () => kept.silence() / 1000,
    ended: kept.ended,
  };
}

async function askFor(ask: AskApi, name: string, signal: AbortSignal): Promise<Namespace | undefined> {
  const answer = await ask({ method: "GET", path: `${path}/${name}`, accept: acceptMetadata, signal });
  if (answer.status === 404) return undefined;
  if (answer.status === 200) return namespaceOf(metadataOf(answer.body));
  throw new Error(refusalText(answer));
}

const namespaceOf = (metadata: JsonObject): Namespace => ({
  uid: textOf(metadata, "uid"),
  annotations: chosen(metadata, "annotations", concernsInjection),
  labels: chosen(metadata, "labels", isKeptLabel),
});

const isKeptLabel = (key: string): boolean => key === mirrorLabel || key.startsWith("pod-security.kubernetes.io/");

/** Most namespaces have none: they share one object. */
const none: Annotations = {};

function chosen(metadata: JsonObject, of: string, matters: (key: string) => boolean): Annotations {
  const texts = metadata[of];
  if (!isObject(texts)) return none;
  const entries = Object.entries(texts).filter((entry): entry is [string, string] => {
    const [key, value] = entry;
    return typeof value === "string" && matters(key);
  });
  return entries.length === 0 ? none : Object.fromEntries(entries);
}
