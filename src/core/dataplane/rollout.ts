/** How far a workload has come with its pods, as `kubectl rollout status` tells it. */
import type { JsonObject } from "../base/json/json.ts";
import { at, numberAt, objectsAt, textAt } from "../base/json/read.ts";
import type { RollingKind } from "./target.ts";

export type Rollout =
  | { readonly kind: "done" }
  | { readonly kind: "under way"; readonly text: string }
  /** It gets no further by itself. */
  | { readonly kind: "failed"; readonly text: string };

/** Why a restart changes nothing by itself; undefined: it does. */
export function standsStill(of: RollingKind, workload: JsonObject): string | undefined {
  if (of === "deployment") return at(workload, "spec", "paused") === true ? "is paused" : undefined;
  if (partitionOf(workload) >= Math.max(1, replicasOf(workload)) && of === "statefulset")
    return "keeps all of its pods as they are (partition)";
  return textAt(workload, "spec", "updateStrategy", "type") === "OnDelete"
    ? "makes pods anew only when they are deleted (OnDelete)"
    : undefined;
}

/** Whether a restart leaves this pod as it is: its number is below the StatefulSet's partition. */
export function isKept(of: RollingKind, workload: JsonObject, pod: string): boolean {
  const number = /-(\d+)$/.exec(pod)?.[1];
  const first = numberAt(workload, "spec", "ordinals", "start") ?? 0;
  return of === "statefulset" && number !== undefined && Number(number) - first < partitionOf(workload);
}

const partitionOf = (workload: JsonObject): number =>
  numberAt(workload, "spec", "updateStrategy", "rollingUpdate", "partition") ?? 0;
const replicasOf = (workload: JsonObject): number => numberAt(workload, "spec", "replicas") ?? 1;

export function rolloutOf(of: RollingKind, workload: JsonObject): Rollout {
  const observed = numberAt(workload, "status", "observedGeneration") ?? 0;
  if (observed < (numberAt(workload, "metadata", "generation") ?? 0))
    return underWay("its controller has not seen it yet");
  return looks[of](workload);
}

const underWay = (text: string): Rollout => ({ kind: "under way", text });

const looks: Readonly<Record<RollingKind, (workload: JsonObject) => Rollout>> = {
  deployment: (workload) => {
    const wanted = replicasOf(workload);
    const isLate = objectsAt(workload, "status", "conditions").some(
      ({ type, reason }) => type === "Progressing" && reason === "ProgressDeadlineExceeded",
    );
    const found = counts(workload, "updatedReplicas", "availableReplicas", wanted);
    if (isLate && found.kind !== "done") return { kind: "failed", text: "it exceeded its progress deadline" };
    const old = status(workload, "replicas") - status(workload, "updatedReplicas");
    return found.kind === "done" && old > 0 ? underWay(`${old} old pods are still there`) : found;
  },
  statefulset: (workload) => {
    const [wanted, kept] = [replicasOf(workload), partitionOf(workload)];
    const isUpdated = textAt(workload, "status", "updateRevision") === textAt(workload, "status", "currentRevision");
    if (isUpdated && kept === 0) return ready(status(workload, "readyReplicas"), wanted);
    return counts(workload, "updatedReplicas", "readyReplicas", Math.max(0, wanted - kept), wanted);
  },
  daemonset: (workload) =>
    counts(workload, "updatedNumberScheduled", "numberAvailable", status(workload, "desiredNumberScheduled")),
};

const status = (workload: JsonObject, field: string): number => numberAt(workload, "status", field) ?? 0;

function counts(workload: JsonObject, updated: string, available: string, wanted: number, all = wanted): Rollout {
  const found = status(workload, updated);
  return found < wanted ? underWay(`${found} of ${wanted} pods are replaced`) : ready(status(workload, available), all);
}

const ready = (found: number, wanted: number): Rollout =>
  found < wanted ? underWay(`${found} of ${wanted} pods are ready`) : { kind: "done" };
