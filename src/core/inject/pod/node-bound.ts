/**
 * Pods that cannot have the proxy by their own spec, though Linkerd's injector gives them one: it has containers of Linux,
 * and a mirror pod only shows what a kubelet runs from a file.
 */
import { isList } from "../../base/json/json.ts";
import type { Annotations, Json, JsonObject } from "../../base/json/json.ts";
import { asObject, itemsOf } from "../../base/json/edit.ts";

/** What binds a pod to nodes with Windows, in words; empty: nothing does. */
export function windowsIn(spec: JsonObject | undefined): string {
  if (asObject(spec?.["os"])?.["name"] === windows) return "spec.os.name is windows";
  const selector = asObject(spec?.["nodeSelector"]);
  const key = osLabels.find((label) => selector?.[label] === windows);
  if (key !== undefined) return `spec.nodeSelector has ${key}: windows`;
  const affinity = asObject(asObject(asObject(spec?.["affinity"])?.["nodeAffinity"])?.[required]);
  const terms = itemsOf(affinity?.["nodeSelectorTerms"]);
  // Terms are alternatives: another one may lead to Linux.
  return terms.length > 0 && terms.every((term) => itemsOf(term["matchExpressions"]).some((each) => wantsWindows(each)))
    ? "spec.affinity needs a node with Windows"
    : "";
}

const windows = "windows";
const osLabels = ["kubernetes.io/os", "beta.kubernetes.io/os"];
const required = "requiredDuringSchedulingIgnoredDuringExecution";

const wantsWindows = ({ key, operator, values }: JsonObject): boolean =>
  osLabels.some((label) => label === key) && operator === "In" && isOnly(values, windows);

const isOnly = (values: Json | undefined, value: string): boolean =>
  isList(values) && values.length > 0 && values.every((each) => each === value);

/** On the pod that a kubelet creates to show a static pod (core/v1, MirrorPodAnnotationKey). */
export const mirrorAnnotation = "kubernetes.io/config.mirror";

export const isMirrorPod = (annotations: Annotations): boolean => Object.hasOwn(annotations, mirrorAnnotation);
