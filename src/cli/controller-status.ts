/**
 * The status of NetworkPolicies, kept right by the replica that holds the Lease: conditions that follow the cluster, each
 * written when it is another one, one at a time.
 *
 * Rights: `networkpolicies/status` patch; `leases` get and update, on the one that is named.
 */
import { wordsOf } from "../core/mesh/words.ts";
import { names } from "../core/install/names.ts";
import { conditionsToWrite, networkPolicyKeys, policyStatus } from "../core/policy/status-update.ts";
import type { PolicyStatus } from "../core/policy/status-update.ts";
import type { Live } from "../core/view/live.ts";
import type { MeshView } from "../core/view/mesh.ts";
import type { KubeApi } from "../kube/api.ts";
import { backOff, realClock } from "../kube/clock.ts";
import { Refused, patchObject } from "../kube/objects.ts";
import type { ControllerMetrics } from "../observe/controller-metrics.ts";
import type { Log } from "../observe/log.ts";
import { lead } from "./lead.ts";

export interface StatusNeeds {
  readonly api: KubeApi;
  readonly live: Live;
  readonly mesh: () => MeshView;
  readonly log: Log;
  readonly metrics: Pick<ControllerMetrics, "status" | "leads">;
  readonly now: () => Date;
}

export interface StatusOptions {
  /** Of the Lease. */
  readonly namespace: string;
  /** Of this replica: its pod's name. */
  readonly instance: string;
}

/** Until the signal aborts. The cluster has been read whole. */
export async function keepStatuses(options: StatusOptions, needs: StatusNeeds, signal: AbortSignal): Promise<void> {
  const { api, log, metrics, now } = needs;
  const lease = { ...options, api, name: names.controller, log, now, onChange: metrics.leads, signal };
  await lead(lease, (holding) => writeStatuses(needs, holding));
}

/** Between two writes, and after one that failed; milliseconds. */
const pause = 50;
const pauses = { first: 500, most: 30_000 };

/** Public for its tests. */
export async function writeStatuses({ api, live, mesh, log, metrics, now }: StatusNeeds, signal: AbortSignal) {
  const due = new Map<string, PolicyStatus>();
  let wake = (): void => undefined;
  const unfollow = followStatuses(live, mesh, (key, status) => {
    if (status === undefined) due.delete(key);
    else due.set(key, status);
    wake();
  });
  signal.addEventListener("abort", () => wake(), { once: true });
  for (let failures = 0; !signal.aborted;) {
    const [next] = due;
    if (next === undefined) {
      await new Promise<void>((resolve) => (wake = resolve));
      continue;
    }
    const [key, status] = next;
    due.delete(key);
    const conditions = conditionsToWrite(status, timeText(now()));
    if (conditions === undefined) continue;
    try {
      await patchObject(api.ask, pathOf(status), { type: "merge", body: { status: { conditions } } }, { signal });
      metrics.status("written");
      failures = 0;
    } catch (error) {
      if (signal.aborted) break;
      // It has gone meanwhile, and the watch will tell.
      if (error instanceof Refused && error.status === 404) continue;
      failures += 1;
      metrics.status("failed");
      const reason = wordsOf(error);
      log.warn("the status of a NetworkPolicy could not be written, trying again", { policy: key, reason });
      if (!due.has(key)) due.set(key, status);
    }
    await realClock.wait(failures === 0 ? pause : backOff(failures, Math.random, pauses), signal);
  }
  unfollow();
}

/** Tells what each policy's status should be, now and whenever it changes; undefined: the policy has gone. */
function followStatuses(
  live: Live,
  mesh: () => MeshView,
  onStatus: (key: string, status: PolicyStatus | undefined) => void,
): () => void {
  const following = new Map<string, () => void>();
  const unfollow = live.follow("every NetworkPolicy", networkPolicyKeys, (keys) => {
    const wanted = new Set(keys);
    for (const [key, end] of following) {
      if (wanted.has(key)) continue;
      end();
      following.delete(key);
      onStatus(key, undefined);
    }
    for (const key of keys) {
      if (following.has(key)) continue;
      const make = (view: Parameters<typeof policyStatus>[0]) => policyStatus(view, mesh(), key);
      following.set(
        key,
        live.follow(`status of NetworkPolicy ${key}`, make, (status) => onStatus(key, status)),
      );
    }
  });
  return () => {
    unfollow();
    for (const end of following.values()) end();
  };
}

const pathOf = ({ namespace, name }: PolicyStatus): string =>
  `/apis/policy.linkerd.io/v1alpha1/namespaces/${namespace}/networkpolicies/${encodeURIComponent(name)}/status`;

/** meta/v1 Time: whole seconds. */
const timeText = (date: Date): string => date.toISOString().replace(/\.\d+Z$/, "Z");
