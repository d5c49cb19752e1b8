/** The status of a NetworkPolicy, as it is and as it should be → what is to be written (meta/v1, Condition). */
import { isList, isObject } from "../base/json/json.ts";
import type { Json, JsonObject } from "../base/json/json.ts";
import type { ClusterView } from "../view/cluster.ts";
import { equal } from "../base/json/equal.ts";
import type { MeshView } from "../view/mesh.ts";
import { networkPolicyStatus, noService } from "./network-status.ts";
import type { PolicyCondition } from "./network-status.ts";

export interface PolicyStatus {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Its `status`, as it is. */
  readonly current: JsonObject;
  readonly conditions: readonly PolicyCondition[];
}

/** `namespace/name` of every NetworkPolicy. */
export const networkPolicyKeys = (view: ClusterView): readonly string[] =>
  view.everyPolicy("NetworkPolicy").map(({ namespace, name }) => `${namespace}/${name}`);

/** Undefined: there is no such policy. */
export function policyStatus(view: ClusterView, mesh: MeshView, key: string): PolicyStatus | undefined {
  const [namespace = "", name = ""] = key.split("/");
  const policy = view.policy("NetworkPolicy", namespace, name);
  if (policy === undefined) return undefined;
  const current = view.policyStatus("NetworkPolicy", namespace, name);
  return { namespace, name, uid: policy.uid, current, conditions: networkPolicyStatus(view, mesh, policy) };
}

/** It was in effect, and its Service has gone or has no selector any more: why nobody keeps to it now. */
export function liftedBy({ current, conditions }: Pick<PolicyStatus, "current" | "conditions">): string | undefined {
  const before = conditionsIn(current).find(({ type }) => type === "InEffect");
  const now = conditions.find(({ type }) => type === "InEffect");
  if (before?.["status"] !== "True" || now?.reason !== noService) return undefined;
  const accepted = conditions.find(({ type }) => type === "Accepted");
  return `${accepted?.message ?? ""}: ${now.message}`;
}

const conditionsIn = ({ conditions }: JsonObject): readonly JsonObject[] =>
  isList(conditions) ? conditions.filter(isObject) : [];

/**
 * The conditions to write, or undefined when they are there already. `now`: as meta/v1 Time has it. Conditions of other
 * types are somebody else's, and stay.
 */
export function conditionsToWrite(
  { current, conditions }: Pick<PolicyStatus, "current" | "conditions">,
  now: string,
): readonly Json[] | undefined {
  const old = conditionsIn(current);
  const ours = new Set<Json | undefined>(conditions.map(({ type }) => type));
  const written = conditions.map((condition): JsonObject => {
    const before = old.find(({ type }) => type === condition.type);
    const since = before?.["status"] === condition.status ? before["lastTransitionTime"] : undefined;
    return { ...condition, lastTransitionTime: typeof since === "string" ? since : now };
  });
  const all = [...old.filter(({ type }) => !ours.has(type)), ...written];
  return equal(all, old) ? undefined : all;
}
