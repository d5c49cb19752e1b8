/** Which pods could not be read, each reason once, in the words of the API server or the kubelet. */
import { oneLine } from "../../core/base/text/quote.ts";
import type { PodFailure } from "./gather.ts";

/** `read`: how many were. Nothing where all were. */
export function failureLines(failed: readonly PodFailure[], read: number): readonly string[] {
  const all = failed.length + read;
  return [...Map.groupBy(failed, reasonKey).values()].map((group) => {
    const why = oneLine(group[0]?.why ?? "");
    const names = group.map(({ pod }) => `${pod.namespace}/${pod.name}`);
    const more = names.length > mostNamed ? ` and ${names.length - mostNamed} more` : "";
    const hint = why.includes("pods/portforward")
      ? "; ClusterRole weft-viewer has that right, for whom you bind it to"
      : "";
    return `${group.length} of ${all} pods could not be read (${names.slice(0, mostNamed).join(", ")}${more}): ${why}${hint}`;
  });
}

const mostNamed = 5;

/** Refusals name the pod. */
const reasonKey = ({ pod, why }: PodFailure): string => why.replaceAll(pod.name, "").replaceAll(pod.namespace, "");
