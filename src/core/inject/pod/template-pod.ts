/** The object that reaches the webhook when a manifest is applied: a pod itself, or a pod made from a workload. */
import { isList, isObject } from "../../base/json/json.ts";
import type { Json, JsonObject } from "../../base/json/json.ts";
import { changedAt } from "../../base/json/edit.ts";
import type { Owner, Subject } from "../outcome/injection.ts";
import { nameOf, targetOf } from "./kinds.ts";
import { ownerAbove, ownerStep } from "./owner.ts";
import type { LookedUpKind } from "./owner.ts";
import { tokenMountPath } from "../../kubernetes/service-account.ts";
import { readMetadata } from "./pod-view.ts";
import type { MetadataView } from "./pod-view.ts";
import type { Result } from "../../base/text/result.ts";

export interface Admitted {
  /** What the manifest has: kind in lower case and name. */
  readonly manifest: Subject;
  /** Empty when the manifest does not say. */
  readonly namespace: string;
  /** What the webhook would be sent: a pod, or the Service of the manifest. */
  readonly object: JsonObject;
  readonly owner: Owner;
}

/** Finds an object that a pod names as its owner. */
export type FindOwner = (kind: LookedUpKind, name: string) => Pick<MetadataView, "owners"> | undefined;

/** `undefined`: the webhook would not be called for anything that comes of this object. */
export function admitted(object: JsonObject, find: FindOwner): Result<Admitted> | undefined {
  const target = targetOf(object);
  if (target === undefined || (target.pod === undefined && target.kind !== "service")) return undefined;
  const metadata = readMetadata(object);
  if ("issues" in metadata) return metadata;
  const { namespace } = metadata.value;
  const manifest = { kind: target.kind, name: nameOf(object) };
  if (target.pod === undefined) return { value: { manifest, namespace, object, owner: { kind: "", name: "" } } };
  const isPod = target.path.length === 0;
  const owner = isPod ? ownerOf(metadata.value, find) : workloadOwner(manifest, metadata.value);
  return { value: { manifest, namespace, object: isPod ? object : podOf(target.pod, manifest, namespace), owner } };
}

function ownerOf(pod: MetadataView, find: FindOwner): Owner {
  const step = ownerStep(pod);
  return step.kind === "known" ? step.owner : ownerAbove(step, find(step.of, step.name));
}

const lookedUp: ReadonlyMap<string, LookedUpKind> = new Map([
  ["replicaset", "ReplicaSet"],
  ["job", "Job"],
]);

/** The workload; of a ReplicaSet or Job the object above it. A CronJob's pods are its Jobs', and count as its own. */
function workloadOwner({ kind, name }: Subject, metadata: MetadataView): Owner {
  const of = lookedUp.get(kind);
  const otherwise = { kind, name };
  return of === undefined ? otherwise : ownerAbove({ kind: "look up", of, name, otherwise }, metadata);
}

/** A pod as the workload's controller would make it, as far as injection looks at it. */
const podOf = (template: JsonObject, { name }: Subject, namespace: string): JsonObject => ({
  apiVersion: "v1",
  kind: "Pod",
  ...template,
  metadata: {
    generateName: `${name}-`,
    ...(namespace === "" ? {} : { namespace }),
    ...(isObject(template["metadata"]) ? template["metadata"] : {}),
  },
});

/**
 * The pod with the token mounts that the API server's ServiceAccount plugin adds before any webhook is asked. They are
 * looked at only where the proxy has no token of its own, and a manifest lacks them.
 */
export function withTokenMounts(pod: JsonObject): JsonObject {
  const spec = pod["spec"];
  if (pod["kind"] !== "Pod" || !isObject(spec) || spec["automountServiceAccountToken"] === false) return pod;
  return changedAt(pod, ["spec"], () => ({
    ...spec,
    ...(isList(spec["containers"]) ? { containers: spec["containers"].map(withTokenMount) } : {}),
  }));
}

function withTokenMount(container: Json): Json {
  const mounts = isObject(container) ? (container["volumeMounts"] ?? []) : undefined;
  if (!isObject(container) || !isList(mounts)) return container;
  if (mounts.some((mount) => isObject(mount) && mount["mountPath"] === tokenMountPath)) return container;
  const mount = { name: "kube-api-access", readOnly: true, mountPath: tokenMountPath };
  return { ...container, volumeMounts: [...mounts, mount] };
}
