/** What a Deployment and its pods say about themselves. */
import type { JsonObject } from "../base/json/json.ts";
import type { PodPages } from "./facts.ts";
import { metricOf } from "./metrics.ts";
import { nameOf, numberAt, objectsAt, textAt } from "../base/json/read.ts";
import { valueOf } from "./fact.ts";

export function deploymentFaults(deployment: JsonObject): {
  readonly none: boolean;
  readonly lines: readonly string[];
} {
  const wanted = replicasOf(deployment);
  const available = numberAt(deployment, "status", "availableReplicas") ?? 0;
  const updated = numberAt(deployment, "status", "updatedReplicas") ?? 0;
  const isSeen =
    (numberAt(deployment, "status", "observedGeneration") ?? 0) >=
    (numberAt(deployment, "metadata", "generation") ?? 0);
  const lines = [
    ...(wanted === 0 ? ["it is scaled to 0 replicas"] : []),
    ...(available < wanted
      ? [`${available} of ${wanted} ${wanted === 1 ? "replica is" : "replicas are"} available`]
      : []),
    ...(wanted > 0 && (!isSeen || updated < wanted) ? ["a rollout is under way"] : []),
  ];
  return { none: available === 0, lines };
}

/** 1 when it does not say (apps/v1 DeploymentSpec). */
export const replicasOf = (deployment: JsonObject): number => numberAt(deployment, "spec", "replicas") ?? 1;

export const isReady = (pod: JsonObject): boolean =>
  objectsAt(pod, "status", "conditions").some(
    (condition) => condition["type"] === "Ready" && condition["status"] === "True",
  );

export const hasEnded = (pod: JsonObject): boolean => /^(Succeeded|Failed)$/.test(textAt(pod, "status", "phase"));

/** Why a pod is not at work: in its own words where it could be asked. */
export function podFaults(pod: JsonObject, pages: readonly PodPages[]): readonly string[] {
  const name = nameOf(pod);
  if (textAt(pod, "metadata", "deletionTimestamp") !== "") return [];
  const page = valueOf(pages.find((each) => each.pod === name)?.readyz ?? unasked);
  const own = (page ?? "").split("\n").filter((line) => line.startsWith("[-]"));
  if (own.length > 0) return own.map((line) => `${name}: ${line}`);
  if (isReady(pod)) return [];
  const waiting = objectsAt(pod, "status", "containerStatuses").flatMap(waitingText);
  const reasons = waiting.length > 0 ? waiting : [schedulingText(pod)];
  return reasons.map((reason) => `${name}: ${reason}`);
}

const unasked = { kind: "absent", what: "", text: "" } as const;

function waitingText(status: JsonObject): readonly string[] {
  const reason = textAt(status, "state", "waiting", "reason");
  const message = textAt(status, "state", "waiting", "message");
  const ended = textAt(status, "lastState", "terminated", "reason");
  if (reason === "") return [];
  const last = ended === "" ? "" : `, ended last with ${ended}`;
  return [`${nameText(status)}is waiting: ${reason}${message === "" ? "" : ` (${message})`}${last}`];
}

const nameText = (status: JsonObject): string => {
  const name = textAt(status, "name");
  return name === "" ? "" : `container ${name} `;
};

function schedulingText(pod: JsonObject): string {
  const scheduled = objectsAt(pod, "status", "conditions").find((each) => each["type"] === "PodScheduled");
  if (scheduled?.["status"] === "False") return `is not scheduled: ${textAt(scheduled, "message")}`;
  return `is not ready (${textAt(pod, "status", "phase") || "no status yet"})`;
}

/** Kinds of files of which the last version read is broken, as `weft_<kind>_reload_success` says. */
export function reloadFaults({ pod, metrics }: PodPages): readonly string[] {
  const page = valueOf(metrics) ?? "";
  const kinds = [...page.matchAll(/^weft_([a-z]+)_reload_success\b/gm)].map(([, kind = ""]) => kind);
  return kinds
    .filter((kind) => metricOf(page, `weft_${kind}_reload_success`)?.value === 0)
    .map((kind) => `${pod}: the ${kind} read last cannot be used, what was good before is`);
}
