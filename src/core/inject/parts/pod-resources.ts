/**
 * Resources of the pod as a whole (`spec.resources`, core/v1 since Kubernetes 1.34): they bound the sum of its containers,
 * and a pod whose containers ask for more is refused. What weft adds then shares them, without requests and limits of
 * its own: the pod's numbers are its author's, and stay.
 */
import { resources } from "./containers.ts";
import type { NewContainer } from "./containers.ts";
import { asObject } from "../../base/json/edit.ts";
import type { Warning } from "../outcome/injection.ts";
import type { PodView } from "../pod/pod-view.ts";
import type { PodSettings } from "../settings/settings.ts";

/** Whether the pod as a whole has requests or limits. */
const isBounded = ({ spec }: PodView): boolean =>
  ["requests", "limits"].some(
    (which) => Object.keys(asObject(asObject(spec?.["resources"])?.[which]) ?? {}).length > 0,
  );

/** Resources that a pod can have as a whole, of those that weft's containers have (core/v1, supportedPodLevelResources). */
const shared: ReadonlySet<string> = new Set(["cpu", "memory"]);

/** The container as it can be in this pod: without requests and limits of what the pod has as a whole. */
export const fitting = <One extends Pick<NewContainer, "resources">>(container: One, pod: PodView): One =>
  isBounded(pod) ? withoutShared(container) : container;

function withoutShared<One extends Pick<NewContainer, "resources">>(container: One): One {
  const { resources: given, ...others } = container;
  const kept = (["limits", "requests"] as const).flatMap((which) => {
    const amounts = Object.entries(given?.[which] ?? {}).filter(([name]) => !shared.has(name));
    return amounts.length === 0 ? [] : [[which, Object.fromEntries(amounts)] as const];
  });
  // Without its optional member it is still one of its kind.
  return kept.length === 0 ? (others as One) : { ...container, resources: Object.fromEntries(kept) };
}

/** That what the settings give the proxy is left out. */
export function sharingWarnings(pod: PodView, settings: PodSettings): readonly Warning[] {
  if (!isBounded(pod)) return [];
  const given = resources(settings);
  if (Object.keys(given).length === 0) return [];
  if (JSON.stringify(withoutShared(given)) === JSON.stringify(given)) return [];
  const text =
    "the proxy shares the CPU and memory of spec.resources: requests and limits of its own would not fit into them, " +
    "and are left out";
  return [{ about: "spec.resources", rank: 1, text }];
}
