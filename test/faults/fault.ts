/** One fault: weft installed anew, a load on it, and something that goes wrong meanwhile. */
import { setTimeout as sleep } from "node:timers/promises";
import { startApiProxy } from "../api/harness/api-proxy.ts";
import type { ApiProxy } from "../api/harness/api-proxy.ts";
import { good } from "../api/harness/cluster.ts";
import type { Cluster } from "../api/harness/cluster.ts";
import { asking, pod, workload } from "../api/harness/pods.ts";
import { installWeft } from "../api/harness/weft.ts";
import type { Weft } from "../api/harness/weft.ts";
import { keepEndpoints, probeOf } from "./endpoints.ts";
import type { Endpoints, Probe } from "./endpoints.ts";
import { figuresOf, violations } from "./figures.ts";
import type { Did, Figures, Timeouts } from "./figures.ts";
import { load, reachable } from "./load.ts";
import type { Kind } from "./load.ts";

export interface Fault {
  readonly name: string;
  /** One sentence for the report. */
  readonly about: string;
  /** Further flags of `weft webhook`. */
  readonly flags?: readonly string[];
  /** Further flags of `weft certificates`. */
  readonly controllerFlags?: readonly string[];
  /** The load lasts as long, or as long as this takes. */
  readonly act: (scene: Scene) => Promise<Did>;
}

/** What an act works with. */
export interface Scene {
  readonly cluster: Cluster;
  readonly weft: Weft;
  /** Between the replicas and the API server. */
  readonly proxy: ApiProxy;
  readonly endpoints: Endpoints;
  readonly probe: Probe;
  /** Starts names of whatever the act makes. */
  readonly prefix: string;
  readonly seconds: number;
  /** Resolves when this share of the seconds is over. */
  readonly until: (share: number) => Promise<void>;
  /** A third of all further pods are of this kind. */
  readonly mixIn: (kind: Kind | undefined) => void;
}

export interface LoadSize {
  readonly perSecond: number;
  readonly seconds: number;
  /** The programs get warm first, and no more is asked of this machine than it can do. */
  readonly warmUp: boolean;
}

export interface Outcome {
  readonly name: string;
  readonly about: string;
  readonly did: string;
  readonly unavoidable: number;
  readonly figures: Figures;
  readonly timeouts: Timeouts;
  /** What must not be, and was. */
  readonly violations: readonly string[];
}

let count = 0;

export async function runFault(cluster: Cluster, fault: Fault, size: LoadSize): Promise<Outcome> {
  const { seconds } = size;
  count += 1;
  const prefix = `faults-${count}`;
  const proxy = await startApiProxy(cluster.plane);
  const { server } = proxy;
  const weft = await installWeft(cluster, {
    namespace: `${prefix}-weft`,
    replicas: 2,
    server,
    flags: fault.flags ?? [],
    controllerFlags: fault.controllerFlags ?? [],
  });
  const probe = probeOf(weft);
  const endpoints = keepEndpoints(weft, probe);
  try {
    await Promise.all(weft.replicas().map(endpoints.add));
    const defaultValue = await usualKinds(cluster, prefix);
    let special: Kind | undefined;
    let acting = true;
    const next = (index: number): Kind =>
      special !== undefined && index % 3 === 0 ? special : (defaultValue[index % defaultValue.length] as Kind);
    const perSecond = size.warmUp ? await bearable(cluster, defaultValue, size) : size.perSecond;
    const begun = performance.now();
    const scene: Scene = {
      cluster,
      weft,
      proxy,
      endpoints,
      probe,
      prefix,
      seconds,
      until: async (share) => sleep(Math.max(0, begun + share * seconds * 1000 - performance.now())),
      mixIn: (kind) => (special = kind),
    };
    const [creations, did] = await Promise.all([
      load(cluster, { perSecond, seconds, next, goesOn: () => acting }),
      fault.act(scene).finally(() => (acting = false)),
    ]);
    const figures = figuresOf(creations);
    const timeouts = timeoutsOf(weft);
    return {
      name: fault.name,
      about: fault.about,
      did: did.says,
      unavoidable: did.unavoidable,
      figures,
      timeouts,
      violations: violations(figures, did, timeouts),
    };
  } finally {
    endpoints.end();
    await weft.end();
    await proxy.close();
  }
}

/** Beyond what the machine can do there would only be its queue to be seen; and programs are slow until they are warm. */
async function bearable(cluster: Cluster, kinds: readonly Kind[], { perSecond }: LoadSize): Promise<number> {
  await reachable(cluster, kinds, 1);
  return Math.min(perSecond, Math.floor(0.7 * (await reachable(cluster, kinds, 2))));
}

/** In turn: two that asked, two that did not. */
async function usualKinds(cluster: Cluster, prefix: string): Promise<readonly Kind[]> {
  const [asks, plain] = [`${prefix}-asks`, `${prefix}-plain`];
  await cluster.namespace(asks, { annotations: asking });
  await cluster.namespace(plain);
  const owner = good(await cluster.create(workload("ReplicaSet", asks)), "ReplicaSet");
  return [
    { name: "namespace asked", asked: true, pod: pod(asks, { owner }) },
    { name: "never asked", asked: false, pod: pod(plain) },
    { name: "pod asked", asked: true, pod: pod(plain, { annotations: asking }) },
    { name: "declined", asked: false, pod: pod(asks, { annotations: { "linkerd.io/inject": "disabled" } }) },
  ];
}

function timeoutsOf({ objects }: Weft): Timeouts {
  const { webhooks } = objects.find(({ kind }) => kind === "MutatingWebhookConfiguration") as unknown as Configuration;
  const most = (purpose: string): number =>
    Math.max(...webhooks.filter(({ name }) => name.startsWith(purpose)).map(({ timeoutSeconds }) => timeoutSeconds));
  return { inject: most("inject"), rest: most("rest") };
}

interface Configuration {
  readonly webhooks: readonly { readonly name: string; readonly timeoutSeconds: number }[];
}
