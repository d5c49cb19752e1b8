/**
 * What the kubelet and the EndpointSlice make of replicas: who is ready by the Deployment's own readiness probe gets
 * new connections, who is not gets none, and each change takes its time to reach the node's rules.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../api/harness/cluster.ts";
import type { Replica } from "../api/harness/replica.ts";
import type { Weft } from "../api/harness/weft.ts";

/** Milliseconds. */
export const delays = {
  /** The kubelet looks for containers that ended once a second (its generic PLEG). */
  ended: 1000,
  /** Until a change of the pod's status is in the EndpointSlice, and from there in kube-proxy's rules. */
  propagation: 500,
} as const;

export interface Endpoints {
  /** Resolves once it gets connections. */
  readonly add: (replica: Replica) => Promise<void>;
  /** Its pod is deleted; resolves when no new connection goes there. */
  readonly remove: (replica: Replica) => Promise<void>;
  /** Resolves when it is out, for whatever reason. */
  readonly without: (replica: Replica) => Promise<void>;
  /** Resolves when it is in again. */
  readonly including: (replica: Replica) => Promise<void>;
  readonly end: () => void;
}

export function keepEndpoints(weft: Weft, { period, timeout, threshold }: Probe): Endpoints {
  const ready = new Map<Replica, boolean>();
  const end = new AbortController();
  let applied: readonly Replica[] = [];

  const apply = async (): Promise<void> => {
    const next = [...ready].flatMap(([replica, isReady]) => (isReady ? [replica] : []));
    await sleep(delays.propagation);
    applied = next;
    if (!end.signal.aborted) weft.use(next);
  };
  const set = (replica: Replica, isReady: boolean): void => {
    if (ready.get(replica) === isReady) return;
    ready.set(replica, isReady);
    void apply();
  };
  const probing = async (replica: Replica): Promise<void> => {
    let failures = 0;
    while (ready.has(replica) && !end.signal.aborted) {
      const begun = performance.now();
      failures = (await answersWithin(replica, timeout)) ? 0 : failures + 1;
      if (ready.has(replica) && (failures === 0 || failures >= threshold)) set(replica, failures === 0);
      const left = Math.max(0, begun + period - performance.now());
      await sleep(left, undefined, { signal: end.signal }).catch(() => {});
    }
  };
  const without = async (replica: Replica): Promise<void> => {
    await eventually(`${replica.name} is taken out`, () => !applied.includes(replica), Boolean, patience);
  };
  const including = async (replica: Replica): Promise<void> => {
    await eventually(`${replica.name} gets connections`, () => applied.includes(replica), Boolean, patience);
  };
  const remove = async (replica: Replica): Promise<void> => {
    if (ready.delete(replica)) await apply();
  };
  const add = async (replica: Replica): Promise<void> => {
    ready.set(replica, false);
    void probing(replica);
    void replica.process.ended.then(() => sleep(delays.ended)).then(() => remove(replica));
    await including(replica);
  };
  return { add, remove, without, including, end: () => end.abort() };
}

const patience = { within: 30_000 };

async function answersWithin(replica: Replica, timeout: number): Promise<boolean> {
  return replica.process.running() && Promise.race([replica.ready(), sleep(timeout, false)]);
}

/** Times in milliseconds. */
export interface Probe {
  readonly period: number;
  readonly timeout: number;
  readonly threshold: number;
  /** The pause before SIGTERM. */
  readonly preStop: number;
}

/** As the Deployment says. */
export function probeOf({ objects }: Weft): Probe {
  const { spec } = objects.find(({ kind }) => kind === "Deployment") as unknown as Deployment;
  const { readinessProbe: probe, lifecycle } = spec.template.spec.containers[0];
  return {
    period: probe.periodSeconds * 1000,
    timeout: probe.timeoutSeconds * 1000,
    threshold: probe.failureThreshold,
    preStop: lifecycle.preStop.sleep.seconds * 1000,
  };
}

interface Deployment {
  readonly spec: { readonly template: { readonly spec: { readonly containers: readonly [Container] } } };
}
interface Container {
  readonly readinessProbe: {
    readonly periodSeconds: number;
    readonly timeoutSeconds: number;
    readonly failureThreshold: number;
  };
  readonly lifecycle: { readonly preStop: { readonly sleep: { readonly seconds: number } } };
}
