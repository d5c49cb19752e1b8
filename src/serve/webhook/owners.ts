/**
 * Owners of pods: their metadata, asked for one by one and remembered. No watch: there are five times as many ReplicaSets
 * as pods in some clusters, and nobody else asks for them.
 *
 * Rights: get replicasets, statefulsets and daemonsets (apps), get jobs (batch).
 */
import { resources } from "../../core/kubernetes/kinds.ts";
import { readMetadata } from "../../core/inject/pod/pod-view.ts";
import type { MetadataView } from "../../core/inject/pod/pod-view.ts";
import type { LookedUpKind } from "../../core/inject/pod/owner.ts";
import { isObject } from "../../core/base/json/json.ts";
import { Recent } from "../../core/base/memory/recent.ts";
import { objectPath } from "../../core/kubernetes/api-path.ts";
import type { Collection } from "../../core/kubernetes/api-path.ts";
import type { AskApi } from "../../kube/api.ts";
import { withTimeout } from "../../async/limit.ts";
import { acceptMetadata, metadataOf, textOf } from "../../kube/metadata.ts";
import { TooOften, fairRate } from "../../async/rate.ts";
import { singleFlight } from "../../async/single-flight.ts";
import type { Deadline } from "../../async/until.ts";
import type { FlightLimits } from "../../async/single-flight.ts";
import type { ObjectReference } from "../../core/kubernetes/object-reference.ts";

/** What a look-up came to, for a metric. */
type OwnerLookupResult = "cached" | "fetched" | "missing" | "failed" | "refused";

export interface OwnersOptions {
  readonly ask: AskApi;
  readonly onLookup?: (result: OwnerLookupResult, error?: unknown) => void;
  /** These are there: what was looked up, and who made it. */
  readonly onRead?: (objects: readonly ObjectReference[]) => void;
  /** Milliseconds, on the clock of deadlines. */
  readonly now?: () => number;
  /** Owners remembered at once. */
  readonly most?: number;
  readonly limits?: FlightLimits;
}

/** The owner above a ReplicaSet or a Job is written on the pod; of the others it matters that they are there. */
export type OwnerKind = LookedUpKind | "StatefulSet" | "DaemonSet";

type Found = Pick<MetadataView, "owners"> | undefined;

/** Never rejects: an owner is never worth a pod. `undefined`: not there, or not to be found out in time. */
export type OwnerLookup = (
  kind: OwnerKind,
  namespace: string,
  name: string,
  deadline: Deadline,
) => Found | Promise<Found>;

// An object's owners do not change while it lives; a name can be used again, but hardly by another owner.
const remembered = 10 * 60_000;
// A pod may be faster than the API server's caches: what is not there now may be there at once.
const absenceRemembered = 1000;
// No pod waits longer than this for a label.
const lookupTimeout = 2000;

/**
 * Names come from reviews, and reviews may be anybody's: what is not there costs its namespace a look-up of its rate, what
 * is there costs nothing. Thousands of new ReplicaSets a second are found; thousands of invented ones are not asked for.
 */
export const misses = { each: { atOnce: 64, perSecond: 10 }, inAll: { atOnce: 256, perSecond: 50 } };
/** Of 32 connections; what is left is for Events, the Lease and the certificates. */
export const flights = { most: 64, atOnce: 16, timeout: lookupTimeout };
/** The same for Events, which no pod waits for. */
export const flightsForEvents = { most: 64, atOnce: 4, timeout: lookupTimeout };

export function owners({
  ask,
  onLookup,
  onRead,
  now = () => performance.now(),
  most = 4096,
  limits = flights,
}: OwnersOptions): OwnerLookup {
  /** `ReplicaSet shop/web-1` → what was found of it. */
  const known = new Recent<Found>(most);
  const remember = (key: string, found: Found): Found => {
    known.set(key, found, now() + (found === undefined ? absenceRemembered : remembered));
    return found;
  };
  const rate = fairRate(misses, now);
  // Before it waits: what one namespace invents is to leave others their places.
  const admit = (path: string): void => {
    if (!rate.take(partsOf(path).namespace)) throw new TooOften("too many owners that are not there are looked up now");
  };
  const fetch = singleFlight(
    async (path, signal) => {
      const { kind, namespace, name } = partsOf(path);
      const found = await fetchOwners(ask, path, signal);
      if (found !== undefined) {
        rate.giveBack(namespace);
        onRead?.(found.objects);
      }
      onLookup?.(found === undefined ? "missing" : "fetched");
      // All of its metadata would stay in memory with it.
      return remember(`${kind} ${namespace}/${name}`, found && { owners: found.owners });
    },
    limits,
    admit,
  );
  const lookUp: OwnerLookup = (kind, namespace, name, deadline) => {
    const made = objectPath({ ...collections[kind], namespace }, name);
    if ("issue" in made) {
      onLookup?.("missing");
      return undefined;
    }
    const { path } = made;
    // Half of the time: what is left is for the answer, which is worth more than a label.
    const patient = Math.max(0, Math.min(lookupTimeout, (deadline.at - performance.now()) / 2));
    const found = withTimeout(deadline.signal(), patient, (signal) =>
      fetch(path, { at: deadline.at, signal: () => signal }),
    );
    return found.catch((error: unknown): Found => {
      onLookup?.(error instanceof TooOften ? "refused" : "failed", error);
      return undefined;
    });
  };
  return (kind, namespace, name, deadline) => {
    const key = `${kind} ${namespace}/${name}`;
    const entry = known.get(key, now());
    if (entry === undefined) return lookUp(kind, namespace, name, deadline);
    onLookup?.("cached");
    return entry.value;
  };
}

export const collections: Readonly<Record<OwnerKind, Collection>> = {
  ReplicaSet: resources.replicaSets,
  StatefulSet: resources.statefulSets,
  DaemonSet: resources.daemonSets,
  Job: resources.jobs,
};

/** Of `/apis/apps/v1/namespaces/shop/replicasets/web-1`. */
function partsOf(path: string): Omit<ObjectReference, "uid"> {
  const [, , group = "", version = "", , namespace = "", plural = "", name = ""] = path.split("/");
  const [kind = ""] = Object.entries(collections).find(([, collection]) => collection.plural === plural) ?? [];
  return { apiVersion: `${group}/${version}`, kind, namespace, name };
}

async function fetchOwners(
  ask: AskApi,
  path: string,
  signal: AbortSignal,
): Promise<(NonNullable<Found> & { readonly objects: readonly ObjectReference[] }) | undefined> {
  const { status, body } = await ask({
    method: "GET",
    path,
    // A ReplicaSet holds a whole pod template; its metadata is all that is wanted.
    accept: acceptMetadata,
    signal,
  });
  if (status === 404) return undefined;
  if (status !== 200 || !isObject(body)) throw new Error(`GET ${path} was answered ${status}`);
  const metadata = readMetadata(body);
  if (!("value" in metadata)) return undefined;
  const { owners } = metadata.value;
  const found = partsOf(path);
  const above = owners.map(({ apiVersion = "", kind, name, uid = "" }) => ({ ...found, apiVersion, kind, name, uid }));
  const objects = [{ ...found, uid: textOf(metadataOf(body), "uid") }, ...above].filter(({ uid }) => uid !== "");
  return { owners, objects };
}
