/**
 * The status of NetworkPolicies and routes, kept right by the replica that holds the Lease: conditions that follow the
 * cluster, each written when it is another one, one at a time.
 *
 * Rights: `networkpolicies/status`, `tcproutes/status` patch; `leases` get and update, on the one that is named.
 */
import { pathIn, versionIn } from "../../core/kubernetes/kinds.ts";
import { weftNetworkPolicies } from "../../core/mesh/groups.ts";
import { wordsOf } from "../../core/base/text/words.ts";
import { names } from "../../core/install/names.ts";
import { groupKindOf } from "../../core/view/objects.ts";
import { liftedBy, policyStatus, statusKeys, statusToWrite } from "../../core/policy/status-update.ts";
import type { PolicyStatus, SaidEvent } from "../../core/policy/status-update.ts";
import type { ClusterView } from "../../core/view/cluster.ts";
import type { Live } from "../../core/view/live.ts";
import type { MeshView } from "../../core/view/mesh.ts";
import type { KubeApi } from "../../kube/api.ts";
import type { EventToSend } from "../../kube/event-sink.ts";
import { backOff } from "../../async/back-off.ts";
import { realClock } from "../../async/clock.ts";
import { Refused, patchObject } from "../../kube/objects.ts";
import type { ControllerMetrics } from "../../observe/controller-metrics.ts";
import type { Log } from "../../observe/log.ts";
import { lead } from "../leader.ts";
import type { PolicyResources } from "./policy-resources.ts";
import { piecesOfProcess } from "../../async/pieces-of-work.ts";
import type { PiecesOfWork } from "../../async/pieces-of-work.ts";

export interface StatusNeeds {
  readonly api: KubeApi;
  readonly live: Live;
  readonly mesh: () => MeshView;
  readonly log: Log;
  readonly metrics: Pick<ControllerMetrics, "status" | "leads">;
  readonly now: () => Date;
  /** Where policies of each kind are. */
  readonly resources: () => PolicyResources;
  readonly record?: (event: EventToSend) => void;
  /** The process's own when absent. */
  readonly pieces?: Pick<PiecesOfWork, "rest">;
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

async function writeStatuses(needs: StatusNeeds, signal: AbortSignal) {
  const { live, mesh, pieces = piecesOfProcess } = needs;
  const due = new Map<string, PolicyStatus>();
  const tell = telling(needs);
  let wake = (): void => undefined;
  const following = followStatuses(live, mesh, {
    onStatus: (key, status) => {
      tell(key, status);
      // Last in line: the Map is walked from its beginning.
      due.delete(key);
      if (status !== undefined) due.set(key, status);
    },
    onWork: () => wake(),
  });
  signal.addEventListener("abort", () => wake(), { once: true });
  for (let failures = 0; !signal.aborted;) {
    const rest = pieces.rest();
    if (rest !== undefined) await rest;
    // Meanwhile: nobody would wake it any more.
    if (signal.aborted) break;
    if (following.begin()) continue;
    const next = due.entries().next().value;
    if (next === undefined) {
      await new Promise<void>((resolve) => (wake = resolve));
      continue;
    }
    const [key, status] = next;
    due.delete(key);
    const came = await written(needs, status, signal);
    if (came === "nothing") continue;
    if (came === "failed" && !due.has(key)) due.set(key, status);
    failures = came === "failed" ? failures + 1 : 0;
    await realClock.wait(failures === 0 ? pause : backOff(failures, Math.random, pauses), signal);
  }
  following.end();
}

/** `nothing`: it is as it should be, or somebody else's affair from now on. */
async function written(
  needs: StatusNeeds,
  status: PolicyStatus,
  signal: AbortSignal,
): Promise<"written" | "nothing" | "failed"> {
  const { api, log, metrics, now, resources } = needs;
  const { kind, namespace, name, version } = status;
  const body = statusToWrite(status, timeText(now()));
  const collection = resources().get(kind);
  if (body === undefined || collection === undefined) return "nothing";
  const path = `${pathIn(collection, namespace, name)}/status`;
  // Of lists that others write to as well: what they have written since is not to be lost.
  const metadata = { resourceVersion: version };
  try {
    await patchObject(api.ask, path, { type: "merge", body: { metadata, status: body } }, { signal });
    metrics.status("written");
    tellLifted(needs, status);
    return "written";
  } catch (error) {
    if (signal.aborted) return "nothing";
    // It has gone meanwhile, or is another one, and the watch will tell.
    if (error instanceof Refused && (error.status === 404 || error.status === 409)) return "nothing";
    metrics.status("failed");
    const about = { kind, policy: `${namespace}/${name}`, reason: wordsOf(error) };
    if (error instanceof Refused && error.status === 422) {
      // Such as a policy that is older than a bound of its definition. The others need not wait for it.
      log.warn("the status of a policy is refused, and is not written till it changes", about);
      return "nothing";
    }
    log.warn("the status of a policy could not be written, trying again", about);
    return "failed";
  }
}

/** Events of what has no status: each text once, for as long as it is so. */
function telling({ record, resources }: StatusNeeds) {
  const told = new Map<string, readonly SaidEvent[]>();
  return (key: string, status: PolicyStatus | undefined): void => {
    const before = told.get(key) ?? [];
    const now = status?.said.kind === "events" ? status.said.events : [];
    if (now.length === 0) told.delete(key);
    else told.set(key, now);
    const collection = status && resources().get(status.kind);
    if (status === undefined || collection === undefined) return;
    const { kind, namespace, name, uid } = status;
    const involvedObject = { apiVersion: versionIn(collection), kind: groupKindOf(kind).kind, namespace, name, uid };
    for (const { reason, message } of now)
      if (before.every((each) => each.message !== message))
        record?.({ type: "Warning", reason, message, component: "weft-controller", involvedObject });
  };
}

/** Ports that were restricted are open to whom the default policy lets in: that is not to pass in silence. */
function tellLifted({ log, record }: StatusNeeds, status: PolicyStatus): void {
  const message = liftedBy(status);
  if (message === undefined) return;
  const { namespace, name, uid } = status;
  log.warn("a NetworkPolicy holds for no pod any more", { policy: `${namespace}/${name}`, reason: message });
  const { apiVersion, kind } = weftNetworkPolicies;
  const involvedObject = { apiVersion, kind, namespace, name, uid };
  record?.({ type: "Warning", reason: "NotInEffect", message, component: "weft-controller", involvedObject });
}

interface StatusEvents {
  /** What a policy's status should be, now and whenever it changes; undefined: the policy has gone. */
  readonly onStatus: (key: string, status: PolicyStatus | undefined) => void;
  /** There is something to do. */
  readonly onWork: () => void;
}

interface FollowedStatuses {
  /** Begins with one more policy; false: there is none. */
  readonly begin: () => boolean;
  readonly end: () => void;
}

function followStatuses(live: Live, mesh: () => MeshView, { onStatus, onWork }: StatusEvents): FollowedStatuses {
  const following = new Map<string, () => void>();
  let waiting: string[] = [];
  const unfollow = live.follow("every policy that has a status", statusKeys, (keys) => {
    const wanted = new Set(keys);
    for (const [key, end] of following) {
      if (wanted.has(key)) continue;
      end();
      following.delete(key);
      onStatus(key, undefined);
    }
    waiting = keys.filter((key) => !following.has(key)).toReversed();
    onWork();
  });
  return {
    begin: () => {
      const key = waiting.pop();
      if (key === undefined) return false;
      const make = (view: ClusterView) => policyStatus(view, mesh(), key);
      const told = (status: PolicyStatus | undefined): void => {
        onStatus(key, status);
        onWork();
      };
      following.set(key, live.follow(`status of ${key}`, make, told, { later: true }));
      return true;
    },
    end: () => {
      unfollow();
      for (const end of following.values()) end();
    },
  };
}

/** meta/v1 Time: whole seconds. */
const timeText = (date: Date): string => date.toISOString().replace(/\.\d+Z$/, "Z");
