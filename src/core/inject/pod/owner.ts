/** Who made a pod: its owner reference, and one step up from ReplicaSets and Jobs. */
import { labels } from "../../mesh/annotations.ts";
import type { Labels } from "../../base/json/json.ts";
import { quoted } from "../../base/text/quote.ts";
import type { Owner, Warning } from "../outcome/injection.ts";
import type { MetadataView, OwnerView } from "./pod-view.ts";

export type LookedUpKind = "ReplicaSet" | "Job";

export const isLookedUp = (kind: string): kind is LookedUpKind => kind === "ReplicaSet" || kind === "Job";

export type OwnerStep =
  | { readonly kind: "known"; readonly owner: Owner }
  /** The owner of this object is the answer, if it has exactly one that counts; else `otherwise`. */
  | { readonly kind: "look up"; readonly of: LookedUpKind; readonly name: string; readonly otherwise: Owner };

/** The first step: what the pod itself says. */
export function ownerStep(pod: Pick<MetadataView, "name" | "owners">): OwnerStep {
  const [owner, ...others] = pod.owners;
  if (owner === undefined || others.length > 0) return { kind: "known", owner: { kind: "pod", name: pod.name } };
  const direct = ownerOf(owner);
  return isLookedUp(owner.kind)
    ? { kind: "look up", of: owner.kind, name: owner.name, otherwise: direct }
    : { kind: "known", owner: direct };
}

// A Rollout's pods are labelled with their ReplicaSet.
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

/** The label's value: the name, cut where it is too long for one; `undefined`: nothing of it can be one. */
function labelValue(name: string): string | undefined {
  const cut = name.slice(0, longestLabel).replace(/[-_.]+$/, "");
  return /^([A-Za-z0-9][-A-Za-z0-9_.]*)?$/.test(cut) ? cut : undefined;
}

// Names of objects may have 253 characters (apimachinery, IsValidLabelValue).
const longestLabel = 63;

/** Kinds that have a label of their own. */
const labelled = new Set([
  "deployment",
  "replicationcontroller",
  "replicaset",
  "job",
  "daemonset",
  "statefulset",
  // Linkerd writes none for pods of a CronJob, though the label exists (S-26).
  "cronjob",
]);

/** The label that says who made a pod, and what had to be done to the name. */
export function ownerLabel({ kind, name }: Pick<Owner, "kind" | "name">): {
  readonly labels: Labels;
  readonly warnings: readonly Warning[];
} {
  if (!labelled.has(kind)) return { labels: {}, warnings: [] };
  const about = labels.ownerPrefix + kind;
  const value = labelValue(name);
  if (value === name) return { labels: { [about]: name }, warnings: [] };
  const what = value === undefined ? "is left out: the name" : `is ${quoted(value, 64)}: the whole name`;
  const text = `label ${about} ${what} is not a label value (at most ${longestLabel} characters, the ends alphanumeric)`;
  return { labels: value === undefined ? {} : { [about]: value }, warnings: [{ about, rank: 3, text }] };
}

const ownerOf = ({ kind, name, apiVersion = "", uid = "" }: OwnerView): Owner => ({
  kind: kind.toLowerCase(),
  name,
  ...(apiVersion === "" || uid === "" ? {} : { reference: { apiVersion, kind, uid } }),
});
