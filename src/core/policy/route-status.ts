/**
 * The status of a route: an entry for each of its parents (gateway.networking.k8s.io, RouteParentStatus). Entries of other
 * controllers stay as they are, and where they are.
 */
import { equal } from "../base/json/equal.ts";
import type { Json, JsonObject } from "../base/json/json.ts";
import { policyController } from "../mesh/groups.ts";
import { conditionsIn, dated, objectsOf } from "./condition.ts";
import type { Condition } from "./condition.ts";

/** As the route names it, with what it leaves out. */
export interface ParentRef {
  /** `core` for a Service. */
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly port?: number;
}

export interface RouteParent {
  readonly ref: ParentRef;
  readonly conditions: readonly Condition[];
}

/**
 * `status.parents` to write, or undefined when they are there already. `now`: as meta/v1 Time has it.
 */
export function parentsToWrite(
  current: JsonObject,
  parents: readonly RouteParent[],
  now: string,
): readonly Json[] | undefined {
  const old = objectsOf(current["parents"]);
  const left = [...parents];
  const entry = ({ ref, conditions }: RouteParent, before: JsonObject): JsonObject => ({
    parentRef: { ...ref },
    controllerName: policyController,
    conditions: dated(conditions, conditionsIn(before), now),
  });
  const kept = old.flatMap((before): readonly JsonObject[] => {
    if (before["controllerName"] !== policyController) return [before];
    const index = left.findIndex(({ ref }) => equal(before["parentRef"], ref));
    return left.splice(index < 0 ? left.length : index, 1).map((parent) => entry(parent, before));
  });
  const all = [...kept, ...left.map((parent) => entry(parent, {}))];
  return equal(all, old) ? undefined : all;
}
