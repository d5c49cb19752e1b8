/**
 * The cluster's objects, brought into an index: one list and watch for each kind, whole objects of which only views are
 * kept, in the index alone. Resources of group policy.linkerd.io, routes of the Gateway API and splits are read where their CRDs
 * are. With the API server away everything stays as it was.
 *
 * Rights: list and watch on `pods`, `services`, `nodes`, `namespaces`, `endpointslices` (discovery.k8s.io), and on
 * `servers`, `serverauthorizations`, `authorizationpolicies`, `meshtlsauthentications`, `networkauthentications`,
 * `networkpolicies`, `httproutes` (policy.linkerd.io), `httproutes`, `grpcroutes`, `tcproutes` (gateway.networking.k8s.io),
 * `trafficsplits` (split.smi-spec.io).
 */
import { policyGroup } from "../../core/mesh/groups.ts";
import { collectionPath, resources } from "../../core/kubernetes/kinds.ts";
import type { JsonObject } from "../../core/base/json/json.ts";
import type { ClusterIndex, Kind, Kinds } from "../../core/view/index.ts";
import { namespaceView, nodeView, podView, policyView, serviceView, sliceView } from "../../core/view/from-objects.ts";
import { policyKinds, sharedKinds } from "../../core/view/objects.ts";
import type { PolicyKind, SharedKind } from "../../core/view/objects.ts";
import type { KubeApi } from "../../kube/api.ts";
import type { Clock } from "../../async/clock.ts";
import { feedPolicies } from "./policy-feed.ts";
import type { PolicyResources } from "./policy-resources.ts";
import { reflect } from "../../kube/reflector.ts";
import type { Reflected } from "../../kube/reflector.ts";
import { mebibyte, room } from "../../kube/room.ts";
import { atMostEach, fairPlaces, placesIn } from "../../kube/places.ts";
import type { Places } from "../../kube/places.ts";

export interface FeedOptions {
  readonly api: Pick<KubeApi, "ask" | "watch">;
  readonly index: Pick<ClusterIndex, "apply" | "held" | "leaveOut">;
  readonly clock: Clock;
  /** From 0 to 1, as `Math.random`. */
  readonly random: () => number;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** A list, a watch or the look at the policy resources failed; it is tried again. */
  readonly onFailure?: ((what: Kind | typeof policyGroup, error: Error) => void) | undefined;
  /** The policy resources that the API server has are others than before; told at the first look, too. */
  readonly onPolicyKinds?: ((kinds: readonly PolicyKind[]) => void) | undefined;
  /** Objects of a namespace do not fit: some of this kind are left out from now on, or no more. */
  readonly onLeftOut?: ((namespace: string, kind: SharedKind, isLeftOut: boolean) => void) | undefined;
  readonly most?: typeof mostKept;
}

/** By kind. */
export type LeftOut = Readonly<Record<"policies" | "others", Readonly<Partial<Record<SharedKind, number>>>>>;

export interface ClusterFeed {
  /** Whether everything was read whole once; stays true. */
  readonly synced: () => boolean;
  /** Resolves when that is so; never when it ends before. */
  readonly whenSynced: Promise<void>;
  /** What was not read yet. */
  readonly missing: () => readonly string[];
  /** Milliseconds since the kind that is silent for longest was heard of; Infinity before the first list. */
  readonly silence: () => number;
  /** Objects that are left out, by kind. */
  readonly leftOut: () => LeftOut;
  /** Where policies of each kind are, as far as the API server has them. */
  readonly policyResources: () => PolicyResources;
  /** Resolves when the signal has ended it. */
  readonly ended: Promise<void>;
}

/**
 * Bytes of views, together. Policies have a part of their own: their specs are kept as they are, so a namespace full of
 * them is large, and pods and Services have to be seen all the same. What does not fit of either is left out, first of the
 * namespace that has most of it. Nodes and Namespaces, which no tenant makes, are never left out: a Namespace says how its
 * pods are closed.
 */
export const mostKept = {
  policies: 128 * mebibyte,
  others: 320 * mebibyte,
  ofCluster: 64 * mebibyte,
  /** Policies of one kind in a namespace: as many as Kubernetes is made for Services there. */
  ofOneKind: 5_000,
};

export function feedCluster(options: FeedOptions): ClusterFeed {
  const { api, index, clock, random, signal, onFailure, most = mostKept } = options;
  const reading = new Map<Kind, Reflected<unknown>>();
  const placesOf = placesBy(most);
  const incomplete = incompleteNamespaces(index, options.onLeftOut);
  const { promise: whenSynced, resolve } = Promise.withResolvers<void>();
  const found = resourcesFound(options.onPolicyKinds);
  let everSynced = false;

  const missing = (): readonly string[] => [
    ...(found.now() === undefined ? [policyGroup] : []),
    ...[...reading].flatMap(([kind, { synced }]) => (synced() ? [] : [kind])),
  ];
  const synced = (): boolean => {
    everSynced ||= missing().length === 0;
    if (everSynced) resolve();
    return everSynced;
  };

  function begin<Name extends Kind>(
    kind: Name,
    { path, view }: Collection<Name>,
    left: readonly string[] = [],
    end: AbortSignal = signal,
  ): Reflected<unknown> {
    let before = left;
    const reflected = reflect<Kinds[Name]>({
      api,
      path,
      keep: view,
      whole: true,
      places: placesOf(kind),
      onLeftOut: (namespace) => (isShared(kind) ? incomplete.add(kind, namespace) : undefined),
      clock,
      random,
      signal: end,
      holder: index.held(kind),
      onFailure: (error) => onFailure?.(kind, error),
      onListed: () => {
        for (const key of before) if (!reflected.has(key)) index.apply(kind, key, undefined);
        before = [];
        if (isShared(kind)) incomplete.keep(kind, reflected.leftOut());
        synced();
      },
    });
    reading.set(kind, reflected);
    return reflected;
  }

  const policies = feedPolicies({
    ask: api.ask,
    clock,
    random,
    signal,
    begin: (kind, path, before, end) => begin(kind, { path, view: policyView(kind) }, before, end),
    forget: (kind, keys) => {
      reading.delete(kind);
      incomplete.keep(kind, new Map());
      for (const key of keys) index.apply(kind, key, undefined);
    },
    onLook: (resources) => {
      found.look(resources);
      synced();
    },
    onFailure: (error) => onFailure?.(policyGroup, error),
  });
  const all = [
    begin("Pod", { path: collectionPath(resources.pods), view: podView }),
    begin("Service", { path: collectionPath(resources.services), view: serviceView }),
    begin("EndpointSlice", { path: collectionPath(resources.endpointSlices), view: sliceView }),
    begin("Node", { path: collectionPath(resources.nodes), view: nodeView }),
    begin("Namespace", { path: collectionPath(resources.namespaces), view: namespaceView }),
  ];
  return {
    synced,
    whenSynced,
    missing,
    silence: () => Math.max(...[...reading.values()].map(({ silence }) => silence())),
    policyResources: () => found.now() ?? new Map(),
    leftOut: () => leftOutIn((kind) => sum(reading.get(kind)?.leftOut().values())),
    ended: Promise.all([...all.map(({ ended }) => ended), policies]).then(() => undefined),
  };
}

/** What the last look found; told when it is other kinds. */
function resourcesFound(onKinds: FeedOptions["onPolicyKinds"]) {
  let found: PolicyResources | undefined;
  return {
    /** Undefined: no look came through yet. */
    now: () => found,
    look: (resources: PolicyResources): void => {
      const kinds = [...resources.keys()];
      if (found === undefined || [...found.keys()].join() !== kinds.join()) onKinds?.(kinds);
      found = resources;
    },
  };
}

function placesBy(most: typeof mostKept): (kind: Kind) => Places {
  const [policies, others] = [fairPlaces(most.policies), fairPlaces(most.others)];
  const ofCluster = placesIn(room(most.ofCluster));
  return (kind) => (isPolicy(kind) ? atMostEach(policies, most.ofOneKind) : isShared(kind) ? others : ofCluster);
}

function leftOutIn(count: (kind: SharedKind) => number): LeftOut {
  const of = (kinds: readonly SharedKind[]) => Object.fromEntries(kinds.map((kind) => [kind, count(kind)]));
  return { policies: of(policyKinds), others: of(sharedKinds.filter((kind) => !isPolicy(kind))) };
}

const sum = (numbers: Iterable<number> = []): number => [...numbers].reduce((all, each) => all + each, 0);

/** Namespaces of which the index is told that objects were left out, by kind. */
function incompleteNamespaces(index: FeedOptions["index"], onLeftOut: FeedOptions["onLeftOut"]) {
  const kinds = new Map<string, Set<SharedKind>>();
  const tell = (namespace: string, kind: SharedKind, isLeftOut: boolean): void => {
    index.leaveOut(namespace, [...(kinds.get(namespace) ?? [])]);
    onLeftOut?.(namespace, kind, isLeftOut);
  };
  return {
    add: (kind: SharedKind, namespace: string): void => {
      const known = kinds.get(namespace) ?? new Set<SharedKind>();
      if (known.has(kind)) return;
      kinds.set(namespace, known.add(kind));
      tell(namespace, kind, true);
    },
    /** Of this kind no others are left out any more. */
    keep: (kind: SharedKind, leftOut: ReadonlyMap<string, number>): void => {
      for (const [namespace, known] of kinds) {
        if (leftOut.has(namespace) || !known.delete(kind)) continue;
        if (known.size === 0) kinds.delete(namespace);
        tell(namespace, kind, false);
      }
    },
  };
}

const isPolicy = (kind: Kind): kind is PolicyKind => policyKinds.some((each) => each === kind);
const isShared = (kind: Kind): kind is SharedKind => sharedKinds.some((each) => each === kind);

interface Collection<Name extends Kind> {
  readonly path: string;
  readonly view: (object: JsonObject) => Kinds[Name];
}
