/**
 * The cluster behind `weft webhook`: what reviews look up in it, what is told to it, and the certificate that is kept in
 * it. Without one (no kubeconfig, not in a pod) the webhook works with files alone.
 */
import { isLookedUp } from "../core/inject/owner.ts";
import { eventFor } from "../core/inject/report.ts";
import type { EventChoice } from "../core/inject/report.ts";
import { Recent } from "../core/mesh/recent.ts";
import type { Parsed } from "../files/reloaded.ts";
import type { KubeApi } from "../kube/api.ts";
import { realClock } from "../kube/clock.ts";
import { connect } from "../kube/connect.ts";
import { eventRecorder } from "../kube/events.ts";
import type { EventRecorder } from "../kube/events.ts";
import { namespaces } from "../kube/namespaces.ts";
import type { Namespaces } from "../kube/namespaces.ts";
import { owners } from "../kube/owners.ts";
import type { OwnerLookupResult } from "../kube/owners.ts";
import type { Log } from "../observe/log.ts";
import type { Metrics } from "../observe/metrics.ts";
import type { Check } from "../webhook/admin-server.ts";
import type { AdviceNeeds } from "../webhook/advise.ts";
import type { ReviewNeeds } from "../webhook/review.ts";
import type { ServingPair } from "../certificates/serving-pair.ts";
import { servedCertificate } from "./webhook-certificates.ts";
import type { ServedCertificate } from "./webhook-certificates.ts";
import type { Environment } from "./flag-rows.ts";
import type { WebhookOptions } from "./webhook-options.ts";

export interface ClusterWorld {
  readonly log: Log;
  readonly metrics: Metrics;
  readonly now: () => Date;
  /** The last review was answered. */
  readonly end: AbortSignal;
  readonly usePair: (pair: ServingPair) => void;
}

type Lookups = Pick<ReviewNeeds, "namespaceNamed" | "freshNamespace" | "ownerNamed" | "onInjection"> &
  Pick<AdviceNeeds, "namespaceFacts">;

export interface LiveCluster {
  readonly lookups: Lookups;
  /** False until every namespace was read once. */
  readonly ready: () => boolean;
  readonly checks: readonly Check[];
  /** The certificate of the Secret that the replicas share; absent where it comes from elsewhere. */
  readonly certificate: ServedCertificate | undefined;
  /** Resolves some time after `end`, when all is told. */
  readonly ended: Promise<unknown>;
}

export type ClusterOptions = Pick<WebhookOptions, "namespace" | "events" | "certificatesSecret"> & {
  /** Of this replica, in Events: its pod's name. */
  readonly instance: string;
};

/** How to open the cluster that the options name; `undefined`: they name none. */
export function clusterOf(
  options: WebhookOptions,
  env: Environment,
): ((world: ClusterWorld) => Promise<Parsed<LiveCluster>>) | undefined {
  const inPod = (env["KUBERNETES_SERVICE_HOST"] ?? "") !== "";
  if (options.objects.length > 0 || (options.kubeconfig === undefined && !inPod)) return undefined;
  return async (world) => {
    const { kubeconfig, context } = options;
    // In a pod nobody's home folder is to be looked through.
    const api = await connect({ kubeconfig, context, env: kubeconfig === undefined ? inPodOnly(env) : env });
    if ("issues" in api) return api;
    return { value: liveCluster(api.value, { ...options, instance: env["HOSTNAME"] ?? "weft" }, world) };
  };
}

const inPodOnly = ({ KUBECONFIG: _, HOME: __, ...rest }: Environment): Environment => rest;

/** How long the last Events may take when the webhook ends; milliseconds. */
const lastEvents = 2000;

/** The cluster at work, until `end` aborts. */
export function liveCluster(api: KubeApi, options: ClusterOptions, world: ClusterWorld): LiveCluster {
  const { log, metrics, now, end } = world;
  const known: Namespaces = namespaces({
    api,
    clock: realClock,
    random: Math.random,
    signal: end,
    onAsked: () => counts.namespaceAsked(),
    onRefused: () => counts.namespaceRefused(),
    onFailure: ({ message }) => log.warn("namespaces could not be read, trying again", { reason: message }),
    onListed: (objects) => log.debug("namespaces read", { objects }),
  });
  const counts = metrics.cluster({ staleness: known.staleness, namespaces: known.size });
  const events = eventRecorder({
    ask: api.ask,
    instance: options.instance,
    now,
    onResult: (result, reason = "") => {
      counts.event(result);
      if (result === "failed") log.debug("an Event could not be sent", { reason });
    },
  });
  const { namespace, certificatesSecret: secret } = options;
  const onPair = (pair: ServingPair): void => {
    metrics.reloaded("certificate", true, now());
    metrics.certificateExpires(pair.notAfter);
    world.usePair(pair);
  };
  const certificate =
    secret === undefined ? undefined : servedCertificate(api, { namespace, secret }, { log, now, end, onPair });
  return {
    lookups: {
      namespaceNamed: known.namespaceNamed,
      freshNamespace: known.freshNamespace,
      namespaceFacts: async (name, deadline) => {
        if (known.known(name) === undefined) await known.namespaceNamed(name, deadline);
        return known.known(name);
      },
      ...ownersAndEvents(api, known, { which: options.events, record: events.record, onLookup: counts.ownerLookup }),
    },
    ready: known.synced,
    checks: [namespacesCheck(known, api)],
    certificate,
    ended: Promise.all([known.ended, certificate?.ended]).then(() => events.flush(lastEvents)),
  };
}

/** Objects that are known to be there, at once. */
const mostRead = 8192;

/**
 * A review may be anybody's, so an Event is told only of what it is plausible that it is there: in a namespace that the
 * API server has, on an object that was read (a ReplicaSet, a Job, and who made it), or, seldom, on one of another kind
 * that the pod names as its owner (a StatefulSet): weft has no right to read those.
 */
function ownersAndEvents(
  { ask }: Pick<KubeApi, "ask">,
  namespaces: Pick<Namespaces, "known">,
  {
    which,
    record,
    onLookup,
  }: Pick<EventRecorder, "record"> & {
    readonly which: EventChoice;
    readonly onLookup: (result: OwnerLookupResult) => void;
  },
): Pick<Lookups, "ownerNamed" | "onInjection"> {
  const read = new Recent<true>(mostRead);
  const isThere = (namespace: string): boolean => namespaces.known(namespace) !== undefined;
  const look = owners({
    ask,
    onLookup,
    onRead: (namespace, uids) => {
      for (const uid of uids) read.set(`${namespace}/${uid}`, true);
    },
  });
  return {
    // In a namespace that is not there nothing else is.
    ownerNamed: (kind, namespace, ...rest) => (isThere(namespace) ? look(kind, namespace, ...rest) : undefined),
    onInjection: (injection, request) => {
      const event = isThere(request.namespace) ? eventFor(injection, request, which) : undefined;
      if (event === undefined) return;
      const { namespace, uid, kind } = event.involvedObject;
      const evidence = read.get(`${namespace}/${uid}`) === true ? "read" : "claimed";
      // Those are looked up, so what was not found is not told of.
      if (evidence === "claimed" && isLookedUp(kind)) return;
      record({ ...event, component: "weft-injector" }, evidence);
    },
  };
}

const namespacesCheck = (known: Namespaces, { server }: KubeApi): Check => ({
  name: "namespaces",
  look: () => {
    if (!known.synced()) return { fails: true, says: `not read yet from ${server}` };
    const seconds = Math.round(known.staleness());
    return { fails: false, says: `${known.size()} known, ${server} last heard of ${seconds} s ago` };
  },
});
