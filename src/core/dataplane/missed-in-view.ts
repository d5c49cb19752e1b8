/**
 * Whether a pod asked and has no proxy, as far as the control plane's index tells: of what keeps a pod from being
 * injected it knows `hostNetwork` and pods of the kubelet's own. `weft status --missed` looks at whole pods.
 */
import type { JsonObject } from "../base/json/json.ts";
import { keys } from "../mesh/annotations.ts";
import { entryFor } from "../registration/entry-for.ts";
import { asking, mirroredLabel } from "../registration/mirror.ts";
import type { Reach } from "../registration/rows.ts";
import type { NamespaceView, PodView } from "../view/objects.ts";

export function isMissedInView(pod: PodView, namespace: NamespaceView | undefined, reach: Reach): boolean {
  if (pod.sidecar !== undefined || !pod.alive || pod.deleted || pod.hostNetwork) return false;
  const own = pod.annotations[keys.inject] ?? "";
  const asks = own === "" ? mirroredLabel(namespace?.annotations ?? {}) !== undefined : asking.includes(own);
  // What the kubelet runs from a file belongs to its node.
  if (!asks || namespace === undefined || pod.owner?.kind === "Node") return false;
  return entryFor(namespace, asObject(pod), reach) !== undefined;
}

const asObject = ({ labels, annotations }: PodView): JsonObject => ({ kind: "Pod", metadata: { labels, annotations } });
