/** The status of a policy, as it is and as it should be → what is to be written. */
import type { Json, JsonObject } from "../base/json/json.ts";
import { equal } from "../base/json/equal.ts";
import { issueText } from "../base/text/issue.ts";
import type { ClusterView } from "../view/cluster.ts";
import type { MeshView } from "../view/mesh.ts";
import { policyKinds } from "../view/objects.ts";
import type { PolicyKind, PolicyState, PolicyView } from "../view/objects.ts";
import { conditionsIn, dated } from "./condition.ts";
import type { Condition } from "./condition.ts";
import { networkPolicyStatus, noService } from "./network-status.ts";
import { rateLimitStatus } from "./rate-limit.ts";
import { parentsToWrite } from "./route-status.ts";
import type { RouteParent } from "./route-status.ts";
import { serverParents } from "./server-parents.ts";
import { some } from "./some.ts";
import { tcpRouteParents, trafficSplitRemarks } from "./split-remarks.ts";

/** What weft says of a policy: conditions of its own, or of each of a route's parents; or Events, where it has no status. */
type Said =
  | { readonly kind: "events"; readonly events: readonly SaidEvent[] }
  | {
      readonly kind: "conditions";
      readonly conditions: readonly Condition[];
      /** Whom it is for, where the status has that, too. */
      readonly targetRef?: JsonObject;
    }
  | { readonly kind: "parents"; readonly parents: readonly RouteParent[] };

/** Warnings, one of each reason. */
export interface SaidEvent {
  readonly reason: string;
  readonly message: string;
}

/** Kinds of which weft writes the status. */
const rows: Readonly<Partial<Record<PolicyKind, (view: ClusterView, mesh: MeshView, policy: PolicyView) => Said>>> = {
  NetworkPolicy: (view, mesh, policy) => ({
    kind: "conditions",
    conditions: networkPolicyStatus(view, mesh, policy),
  }),
  TCPRoute: (view, _mesh, policy) => ({ kind: "parents", parents: tcpRouteParents(view, policy) }),
  TrafficSplit: (view, _mesh, policy) => ({ kind: "events", events: splitEvents(view, policy) }),
  HTTPRoute: ofRoute,
  GatewayHTTPRoute: ofRoute,
  GatewayGRPCRoute: ofRoute,
  HTTPLocalRateLimitPolicy: (view, _mesh, policy) => ({ kind: "conditions", ...rateLimitStatus(view, policy) }),
};

function ofRoute(view: ClusterView, _mesh: MeshView, route: PolicyView): Said {
  return { kind: "parents", parents: serverParents(view, route) };
}

export interface PolicyStatus extends PolicyState, Pick<PolicyView, "kind" | "namespace" | "name" | "uid"> {
  readonly said: Said;
}

const splitEvents = (view: ClusterView, policy: PolicyView): readonly SaidEvent[] =>
  [...Map.groupBy(trafficSplitRemarks(view, policy), ({ reason }) => reason)].map(([reason, remarks]) => ({
    reason,
    message: some(remarks, issueText, "; "),
  }));

/** `Kind namespace/name` of every policy that has a status of weft's. */
export const statusKeys = (view: ClusterView): readonly string[] =>
  policyKinds
    .filter((kind) => rows[kind] !== undefined)
    .flatMap((kind) => view.everyPolicy(kind).map(({ namespace, name }) => `${kind} ${namespace}/${name}`));

/** Undefined: there is no such policy. */
export function policyStatus(view: ClusterView, mesh: MeshView, key: string): PolicyStatus | undefined {
  const [, kindText, namespace = "", name = ""] = /^(\w+) ([^/]*)\/(.*)$/.exec(key) ?? [];
  const kind = policyKinds.find((each) => each === kindText);
  const row = kind && rows[kind];
  const policy = kind && view.policy(kind, namespace, name);
  const state = kind && view.policyState(kind, namespace, name);
  if (row === undefined || policy === undefined || state === undefined) return undefined;
  const { uid } = policy;
  return { kind: policy.kind, namespace, name, uid, ...state, said: row(view, mesh, policy) };
}

/** What its `status` is to be merged with; undefined: nothing, it is as it should be. `now`: as meta/v1 Time has it. */
export function statusToWrite(
  { status, said }: Pick<PolicyStatus, "status" | "said">,
  now: string,
): JsonObject | undefined {
  switch (said.kind) {
    case "parents":
      return as("parents", parentsToWrite(status, said.parents, now));
    case "conditions":
      return conditionsOf(status, said, now);
    case "events":
      return undefined;
  }
}

function conditionsOf(
  status: JsonObject,
  { conditions: asked, targetRef }: Pick<Extract<Said, { kind: "conditions" }>, "conditions" | "targetRef">,
  now: string,
): JsonObject | undefined {
  const conditions = as("conditions", conditionsToWrite(status, asked, now));
  const isOther = targetRef !== undefined && !equal(targetRef, status["targetRef"]);
  return isOther ? { ...conditions, targetRef } : conditions;
}

const as = (key: string, list: readonly Json[] | undefined): JsonObject | undefined => list && { [key]: list };

/** It was in effect, and its Service has gone or has no selector any more: why nobody keeps to it now. */
export function liftedBy({ status, said }: Pick<PolicyStatus, "status" | "said">): string | undefined {
  if (said.kind !== "conditions") return undefined;
  const { conditions } = said;
  const before = conditionsIn(status).find(({ type }) => type === "InEffect");
  const now = conditions.find(({ type }) => type === "InEffect");
  if (before?.["status"] !== "True" || now?.reason !== noService) return undefined;
  const accepted = conditions.find(({ type }) => type === "Accepted");
  return `${accepted?.message ?? ""}: ${now.message}`;
}

/** Conditions of other types are somebody else's, and stay. */
function conditionsToWrite(status: JsonObject, conditions: readonly Condition[], now: string) {
  const old = conditionsIn(status);
  const ours = new Set<unknown>(conditions.map(({ type }) => type));
  const all = [...old.filter(({ type }) => !ours.has(type)), ...dated(conditions, old, now)];
  return equal(all, old) ? undefined : all;
}
