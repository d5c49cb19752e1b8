/** Whom to restart for a pod to be made anew, and how that is typed. */
import { kindWord } from "../base/json/read.ts";
import { isDnsSubdomain } from "../base/scalars/dns-label.ts";
import { shellWord } from "../base/text/shell.ts";
import type { PodState } from "./state.ts";

export type Target =
  /** Rolls its pods. */
  | { readonly kind: "rolling"; readonly namespace: string; readonly of: RollingKind; readonly name: string }
  /** Makes another pod when one is deleted; of a kind that kubectl cannot restart. */
  | {
      readonly kind: "replacing";
      readonly namespace: string;
      readonly of: string;
      readonly name: string;
      readonly pod: string;
    }
  /** Nobody makes another. */
  | { readonly kind: "bare"; readonly namespace: string; readonly name: string };

export type RollingKind = "deployment" | "statefulset" | "daemonset";

const rolling: ReadonlyMap<string, RollingKind> = new Map([
  ["Deployment", "deployment"],
  ["StatefulSet", "statefulset"],
  ["DaemonSet", "daemonset"],
]);

export function targetOf({
  namespace,
  name: pod,
  controller,
}: Pick<PodState, "namespace" | "name" | "controller">): Target {
  if (controller === undefined) return { kind: "bare", namespace, name: pod };
  const { name, group } = controller;
  const of = group === undefined ? rolling.get(controller.kind) : undefined;
  // An API server takes any text for the name of an owner.
  return of === undefined || !isDnsSubdomain(name)
    ? { kind: "replacing", namespace, of: kindWord(controller), name, pod }
    : { kind: "rolling", namespace, of, name };
}

/** Such as `deployment/web`. */
export const targetName = (target: Target): string =>
  target.kind === "bare" ? `pod/${target.name}` : `${target.of}/${target.name}`;

/** The same as a word of a command to type. */
export const targetWord = (target: Target): string => shellWord(targetName(target));

/** What makes its pods anew. */
export function restartCommand(target: Target): string {
  const kubectl = `kubectl -n ${target.namespace}`;
  switch (target.kind) {
    case "rolling":
      return `${kubectl} rollout restart ${targetName(target)}`;
    case "replacing":
      return `${kubectl} delete pod ${target.pod}`;
    case "bare":
      return `${kubectl} get pod ${target.name} -o yaml | kubectl replace --force -f -`;
  }
}
