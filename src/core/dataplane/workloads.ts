/** The meshed pods of a cluster by who made them: a row each. */
import type { Meshed, PodState } from "./state.ts";
import { isOver } from "./findings.ts";
import { targetName, targetOf } from "./target.ts";

export interface WorkloadRow {
  readonly namespace: string;
  /** Such as `deployment/web`. */
  readonly target: string;
  /** In the order of their names. */
  readonly pods: readonly Meshed[];
}

/** Of pods that have not ended. */
export function workloadRows(states: readonly PodState[]): readonly WorkloadRow[] {
  const meshed = states.filter((state): state is Meshed => state.kind === "meshed" && !isOver(state));
  const groups = Map.groupBy(meshed, (state) => `${state.namespace} ${targetName(targetOf(state))}`);
  return [...groups]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, pods]) => {
      const [namespace = "", target = ""] = key.split(" ");
      return { namespace, target, pods: pods.toSorted((a, b) => (a.name < b.name ? -1 : 1)) };
    });
}
