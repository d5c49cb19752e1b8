/**
 * The cluster behind `weft webhook`: what reviews look up in it, what is told to it, and the certificate that is kept in
 * it. Without one (no kubeconfig, not in a pod) the webhook works with files alone.
 */
import type { Parsed } from "../../files/reloaded.ts";
import type { KubeApi } from "../../kube/api.ts";
import { realClock } from "../../async/clock.ts";
import { connect } from "../../kube/connect.ts";
import { InjectionEvents } from "./injection-events.ts";
import { namespaces } from "./namespaces.ts";
import type { Namespaces } from "./namespaces.ts";
import type { Deadline } from "../../async/until.ts";
import type { ObjectReference } from "../../core/kubernetes/object-reference.ts";
import { flightsForEvents, owners } from "./owners.ts";
import type { Log } from "../../observe/log.ts";
import type { WebhookMetrics } from "../../observe/webhook-metrics.ts";
import type { Check } from "../../net/admin-server.ts";
import type { AdviceNeeds } from "../../webhook/reviews/advise.ts";
import type { ReviewRecord } from "../../webhook/answer.ts";
import type { Lookups } from "../../webhook/reviews/gather.ts";
import type { ServingPair } from "../../certificates/webhook/serving-pair.ts";
import { mountedConfigMaps, mountedObjects } from "../mounted-objects.ts";
import type { MountedObjects } from "../mounted-objects.ts";
import { servedCertificate } from "./shared-certificates.ts";
import type { ServedCertificate } from "./shared-certificates.ts";
import type { Environment } from "../flags.ts";
import type { WebhookOptions } from "./flags.ts";
import { toldEvents } from "../told-events.ts";

export interface ClusterWorld {
  readonly log: Log;
  readonly metrics: WebhookMetrics;
  readonly now: () => Date;
  /** The last review was answered. */
  readonly end: AbortSignal;
  readonly usePair: (pair: ServingPair) => void;
}

type ClusterLookups = Omit<Lookups, "installation"> & Pick<AdviceNeeds, "namespaceFacts">;

export interface LiveCluster {
  readonly lookups: ClusterLookups;
  /** Writes the Event on what was reviewed, if one is due. */
  readonly recordEvent: (record: ReviewRecord) => void;
  /** False until every namespace was read once, and what settings are mounted from was asked for. */
  readonly ready: () => boolean;
  readonly checks: readonly Check[];
  /** The certificate of the Secret that the replicas share; absent where it comes from elsewhere. */
  readonly certificate: ServedCertificate | undefined;
  /** What settings and trust anchors are mounted from; absent where nobody says. */
  readonly mounted: MountedObjects | undefined;
  /** Resolves some time after `end`, when all is told. */
  readonly ended: Promise<unknown>;
}

export type ClusterOptions = Pick<
  WebhookOptions,
  | "namespace"
  | "events"
  | "certificatesSecret"
  | "settings"
  | "settingsConfigMap"
  | "trustAnchors"
  | "trustAnchorsConfigMap"
> & {
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
  const events = toldEvents({ ask: api.ask, instance: options.instance, now, log, onResult: counts.event });
  const seeing = {
    ask: api.ask,
    onLookup: counts.ownerLookup,
    onRead: (all: readonly ObjectReference[]) => told.seen(all),
  };
  const look = owners(seeing);
  // With bounds of its own: what Events look for takes nothing from the reviews that wait for an owner.
  const lookForEvent = owners({ ...seeing, limits: flightsForEvents });
  const told = new InjectionEvents({
    which: options.events,
    namespaceKnown: known.known,
    record: events.record,
    look: (kind, ...where) => lookForEvent(kind, ...where, within(flightsForEvents.timeout)),
  });
  const { namespace, certificatesSecret: secret } = options;
  const objects = mountedConfigMaps(options);
  const mountedWorld = { api, namespace, clock: realClock, random: Math.random, signal: end, log };
  const mounted = objects.length === 0 ? undefined : mountedObjects(objects, mountedWorld);
  if (mounted !== undefined) metrics.mountedStaleness(mounted.staleness);
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
      // In a namespace that is not there nothing else is.
      ownerNamed: (kind, name, ...rest) => (known.known(name) === undefined ? undefined : look(kind, name, ...rest)),
    },
    recordEvent: (record) => told.tell(record),
    ready: () => known.synced() && (mounted?.ready() ?? true),
    checks: [namespacesCheck(known, api), ...(mounted === undefined ? [] : [mounted.check])],
    certificate,
    mounted,
    ended: Promise.all([known.ended, certificate?.ended, mounted?.ended])
      .then(() => told.settled())
      .then(events.end),
  };
}

function within(milliseconds: number): Deadline {
  const signal = AbortSignal.timeout(milliseconds);
  // Half of what is left is for what comes after a look-up: here nothing does.
  return { at: performance.now() + 2 * milliseconds, signal: () => signal };
}

const namespacesCheck = (known: Namespaces, { server }: KubeApi): Check => ({
  name: "namespaces",
  look: () => {
    if (!known.synced()) return { fails: true, says: `not read yet from ${server}` };
    const seconds = Math.round(known.staleness());
    return { fails: false, says: `${known.size()} known, ${server} last heard of ${seconds} s ago` };
  },
});
