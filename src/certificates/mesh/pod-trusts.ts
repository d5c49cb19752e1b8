/** Whom the pods of a mesh trust. */
import { fingerprintsIn } from "./facts.ts";
import type { PodTrust } from "../../core/identity/rotation.ts";
import { podTrust } from "../../core/identity/rotation-objects.ts";
import { labels } from "../../core/mesh/annotations.ts";
import type { JsonObject } from "../../core/base/json/json.ts";
import { perText } from "../../core/base/memory/memo.ts";

/** A label selector: pods that injection has labelled with this control plane. */
export const meshedPods = (controlPlaneNamespace: string): string =>
  `${labels.controlPlaneNamespace}=${controlPlaneNamespace}`;

/** Of those that have a proxy, and have not ended. */
export function podTrusts(pods: readonly JsonObject[]): readonly PodTrust[] {
  // Thousands of pods carry the same few bundles, however long these are.
  const fingerprints = perText(fingerprintsIn, { longest: Infinity });
  return pods.flatMap((pod) => podTrust(pod, fingerprints) ?? []);
}
