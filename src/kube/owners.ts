/**
 * Owners of pods: the metadata of ReplicaSets and Jobs, asked for one by one and remembered. No watch: there are five
 * times as many ReplicaSets as pods in some clusters, and nobody else asks for them.
 *
 * Rights: get replicasets (apps), get jobs (batch).
 */
import { readMetadata } from "../core/inject/pod-view.ts";
import type { MetadataView } from "../core/inject/pod-view.ts";
import type { LookedUpKind } from "../core/inject/owner.ts";
import { isObject } from "../core/mesh/api.ts";
import type { AskApi } from "./api.ts";
import { limited } from "./limit.ts";
import { acceptMetadata } from "./metadata.ts";
import { singleFlight } from "./single-flight.ts";
import type { Deadline } from "./single-flight.ts";

/** What a look-up came to, for a metric. */
export type OwnerLookupResult = "cached" | "fetched" | "missing" | "failed";

export interface OwnersOptions {
  readonly ask: AskApi;
  readonly onLookup?: (result: OwnerLookupResult, error?: unknown) => void;
  /** Milliseconds, on the clock of deadlines. */
  readonly now?: () => number;
  /** Owners remembered at once. */
  readonly most?: number;
}

type Found = Pick<MetadataView, "owners"> | undefined;

/** Never rejects: an owner is never worth a pod. `undefined`: not there, or not to be found out in time. */
export type OwnerLookup = (
  kind: LookedUpKind,
  namespace: string,
  name: string,
  deadline: Deadline,
) => Found | Promise<Found>;

// An object's owners do not change while it lives; a name can be used again, but hardly by another owner.
const remembered = 10 * 60_000;
// A pod may be faster than the API server's caches: what is not there now may be there at once.
const absenceRemembered = 1000;
// No pod waits longer than this for a label.
const patience = 2000;

export function owners({ ask, onLookup, now = () => performance.now(), most = 4096 }: OwnersOptions): OwnerLookup {
  const known = new Map<string, { readonly found: Found; readonly until: number }>();
  const remember = (key: string, found: Found): Found => {
    const oldest = known.size < most ? undefined : known.keys().next().value;
    if (oldest !== undefined) known.delete(oldest);
    known.set(key, { found, until: now() + (found === undefined ? absenceRemembered : remembered) });
    return found;
  };
  const fetch = singleFlight(
    async (path, signal) => {
      const found = await fetchOwners(ask, path, signal);
      onLookup?.(found === undefined ? "missing" : "fetched");
      return remember(path, found);
    },
    { most: 64, timeout: patience },
  );
  return (kind, namespace, name, deadline) => {
    const path = pathOf(kind, namespace, name);
    const entry = known.get(path);
    if (entry === undefined || now() >= entry.until) {
      // Half of the time: what is left is for the answer, which is worth more than a label.
      const patient = Math.max(0, Math.min(patience, (deadline.at - performance.now()) / 2));
      const found = limited(deadline.signal(), patient, (signal) =>
        fetch(path, { at: deadline.at, signal: () => signal }),
      );
      return found.catch((error: unknown): Found => {
        onLookup?.("failed", error);
        return undefined;
      });
    }
    // Used lately, so forgotten late: a Map keeps the order of insertion.
    known.delete(path);
    known.set(path, entry);
    onLookup?.("cached");
    return entry.found;
  };
}

const collections: Readonly<Record<LookedUpKind, readonly [api: string, resource: string]>> = {
  ReplicaSet: ["apps", "replicasets"],
  Job: ["batch", "jobs"],
};

const pathOf = (kind: LookedUpKind, namespace: string, name: string): string => {
  const [group, resource] = collections[kind];
  return `/apis/${group}/v1/namespaces/${encodeURIComponent(namespace)}/${resource}/${encodeURIComponent(name)}`;
};

async function fetchOwners(ask: AskApi, path: string, signal: AbortSignal): Promise<Found> {
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
  // All of its metadata would stay in memory with it.
  return "value" in metadata ? { owners: metadata.value.owners } : undefined;
}
