/** Whether a pod's traffic comes by a proxy that asks this control plane: only then is a policy kept. */
import { labels as labelKeys } from "../mesh/annotations.ts";
import type { MeshView } from "../view/mesh.ts";
import type { PodView } from "../view/objects.ts";

/** In words that follow the pod's name, such as `has no proxy`; undefined: it is in the mesh. */
export function outsideTheMesh({ controlPlaneNamespace }: MeshView, pod: PodView): string | undefined {
  const injectedBy = pod.labels[labelKeys.controlPlaneNamespace];
  if (injectedBy === undefined || pod.sidecar === undefined) return "has no proxy";
  if (injectedBy !== controlPlaneNamespace) return `has the proxy of another control plane, in namespace ${injectedBy}`;
  // The redirection to the proxy is the pod's own network's.
  return pod.hostNetwork ? "is in the host's network, past its proxy" : undefined;
}
