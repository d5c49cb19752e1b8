/**
 * Pods that cannot have the proxy by their own spec, though Linkerd's injector gives them one: it has containers of Linux,
 * and a mirror pod only shows what a kubelet runs from a file.
 */
import { isList } from "../../base/json/json.ts";
import type { Annotations, Json, JsonObject } from "../../base/json/json.ts";
import { asObject, itemsOf } from "../../base/json/edit.ts";
import { textAt } from "../../base/json/read.ts";

/** What binds a pod to nodes with Windows, in words; empty: nothing does. */
export function windowsIn(spec: JsonObject | undefined): string {
  if (asObject(spec?.["os"])?.["name"] === windows) return "spec.os.name is windows";
  const selector = asObject(spec?.["nodeSelector"]);
  const key = Object.keys(selector ?? {}).find((label) => isOfWindows(label, selector?.[label]));
  if (key !== undefined) return `spec.nodeSelector has ${key}: ${textAt(selector ?? {}, key)}`;
  const affinity = asObject(asObject(asObject(spec?.["affinity"])?.["nodeAffinity"])?.[required]);
  const terms = itemsOf(affinity?.["nodeSelectorTerms"]);
  // Terms are alternatives: another one may lead to Linux.
  return terms.length > 0 && terms.every((term) => itemsOf(term["matchExpressions"]).some((each) => wantsWindows(each)))
    ? "spec.affinity needs a node with Windows"
    : "";
}

const windows = "windows";
const osLabels: ReadonlySet<string> = new Set(["kubernetes.io/os", "beta.kubernetes.io/os"]);
/** Nodes with Windows have it, and no others (Kubernetes, "Well-Known Labels"). */
const buildLabel = "node.kubernetes.io/windows-build";
const required = "requiredDuringSchedulingIgnoredDuringExecution";

const isOfWindows = (key: string, value: Json | undefined): boolean =>
  key === buildLabel || (osLabels.has(key) && value === windows);

/** Kubernetes runs on nothing but Linux and Windows. */
function wantsWindows({ key, operator, values }: JsonObject): boolean {
  if (key === buildLabel) return operator === "In" || operator === "Exists";
  if (typeof key !== "string" || !osLabels.has(key) || !isList(values)) return false;
  return operator === "In"
    ? values.length > 0 && values.every((each) => each === windows)
    : operator === "NotIn" && values.includes("linux");
}

/** On the pod that a kubelet creates to show a static pod (core/v1, MirrorPodAnnotationKey). */
export const mirrorAnnotation = "kubernetes.io/config.mirror";

export const isMirrorPod = (annotations: Annotations): boolean => Object.hasOwn(annotations, mirrorAnnotation);
