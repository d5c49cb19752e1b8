/** Who made a pod (contract 9.5): its owner reference, and one step up from ReplicaSets and Jobs. */
import type { Owner } from "./injection.ts";
import type { MetadataView, OwnerView } from "./pod-view.ts";

export type LookedUpKind = "ReplicaSet" | "Job";

export const isLookedUp = (kind: string): kind is LookedUpKind => kind === "ReplicaSet" || kind === "Job";

export type OwnerStep =
  | { readonly kind: "known"; readonly owner: Owner }
  /** The owner of this object is the answer, if it has exactly one that counts; else `otherwise`. */
  | { readonly kind: "look up"; readonly of: LookedUpKind; readonly name: string; readonly otherwise: Owner };

/** The first step: what the pod itself says. */
export function ownerStep(pod: MetadataView): OwnerStep {
  const [owner, ...others] = pod.owners;
  if (owner === undefined || others.length > 0) return { kind: "known", owner: { kind: "pod", name: pod.name } };
  const direct = ownerOf(owner);
  return isLookedUp(owner.kind)
    ? { kind: "look up", of: owner.kind, name: owner.name, otherwise: direct }
    : { kind: "known", owner: direct };
}

// A Rollout's pods are labelled with their ReplicaSet (contract 9.5).
const ofReplicaSet = new Set(["Deployment", "StatefulSet", "DaemonSet", "Job"]);

/** The second step: what the ReplicaSet or Job says; `undefined`: it was not found. */
export function ownerAbove(
  step: Extract<OwnerStep, { kind: "look up" }>,
  found: Pick<MetadataView, "owners"> | undefined,
): Owner {
  const [owner, ...others] = found?.owners ?? [];
  if (owner === undefined || others.length > 0) return step.otherwise;
  if (step.of === "ReplicaSet" && !ofReplicaSet.has(owner.kind)) return step.otherwise;
  return ownerOf(owner);
}

const ownerOf = ({ kind, name, apiVersion = "", uid = "" }: OwnerView): Owner => ({
  kind: kind.toLowerCase(),
  name,
  ...(apiVersion === "" || uid === "" ? {} : { reference: { apiVersion, kind, uid } }),
});
