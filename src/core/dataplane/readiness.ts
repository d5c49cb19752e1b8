/** How far a pod has come: ready, or at which of its containers it waits, and for what. */
import type { JsonObject } from "../base/json/json.ts";
import { at, numberAt, objectsAt, textAt } from "../base/json/read.ts";
import { timeAt } from "./times.ts";

export type Readiness =
  | { readonly kind: "ready" }
  /** Succeeded or failed: its proxy is gone. */
  | { readonly kind: "ended" }
  /** It is being deleted. */
  | { readonly kind: "ending" }
  | { readonly kind: "unscheduled"; readonly message: string; readonly since: number | undefined }
  /** `init`: an init container has not got through, or a native sidecar has not started. */
  | Waiting;

interface Waiting {
  readonly kind: "init" | "not ready";
  /** Undefined: no container says why. */
  readonly container: ContainerAt | undefined;
  readonly since: number | undefined;
}

export interface ContainerAt {
  readonly name: string;
  readonly state: ContainerState;
  readonly restarts: number;
  /** How it ended the time before; undefined: it did not. */
  readonly last: Ended | undefined;
}

type ContainerState =
  | { readonly kind: "waiting"; readonly reason: string; readonly message: string }
  | { readonly kind: "running" }
  | Ended
  | { readonly kind: "unknown" };

interface Ended {
  readonly kind: "ended";
  readonly reason: string;
  readonly exitCode: number;
}

export function readinessOf(pod: JsonObject): Readiness {
  const phase = textAt(pod, "status", "phase");
  if (phase === "Succeeded" || phase === "Failed") return { kind: "ended" };
  if (textAt(pod, "metadata", "deletionTimestamp") !== "") return { kind: "ending" };
  const ready = condition(pod, "Ready");
  if (textAt(ready, "status") === "True") return { kind: "ready" };
  const scheduled = condition(pod, "PodScheduled");
  if (textAt(scheduled, "status") === "False")
    return { kind: "unscheduled", message: textAt(scheduled, "message"), since: changed(scheduled, pod) };
  const since = changed(ready, pod);
  const init = objectsAt(pod, "status", "initContainerStatuses").find((each) => !isThrough(each, pod));
  if (init !== undefined) return { kind: "init", container: containerAt(init), since };
  // A native sidecar counts for readiness as any container does.
  const behind = [
    ...objectsAt(pod, "status", "initContainerStatuses").filter((each) => isSidecar(each, pod)),
    ...objectsAt(pod, "status", "containerStatuses"),
  ].find((each) => each["ready"] !== true);
  return { kind: "not ready", container: behind === undefined ? undefined : containerAt(behind), since };
}

const condition = (pod: JsonObject, type: string): JsonObject =>
  objectsAt(pod, "status", "conditions").find((each) => each["type"] === type) ?? {};

const changed = (found: JsonObject, pod: JsonObject): number | undefined =>
  timeAt(found, "lastTransitionTime") ?? timeAt(pod, "metadata", "creationTimestamp");

const isSidecar = (status: JsonObject, pod: JsonObject): boolean =>
  objectsAt(pod, "spec", "initContainers").some(
    (each) => each["restartPolicy"] === "Always" && each["name"] === status["name"],
  );

const isThrough = (status: JsonObject, pod: JsonObject): boolean =>
  isSidecar(status, pod) ? status["started"] === true : numberAt(status, "state", "terminated", "exitCode") === 0;

const containerAt = (status: JsonObject): ContainerAt => ({
  name: textAt(status, "name"),
  state: stateOf(status),
  restarts: numberAt(status, "restartCount") ?? 0,
  last: endOf(status, "lastState"),
});

function stateOf(status: JsonObject): ContainerState {
  const reason = textAt(status, "state", "waiting", "reason");
  if (reason !== "") return { kind: "waiting", reason, message: textAt(status, "state", "waiting", "message") };
  const isRunning = at(status, "state", "running") !== undefined;
  return isRunning ? { kind: "running" } : (endOf(status, "state") ?? { kind: "unknown" });
}

function endOf(status: JsonObject, which: "state" | "lastState"): Ended | undefined {
  const exitCode = numberAt(status, which, "terminated", "exitCode");
  return exitCode === undefined
    ? undefined
    : { kind: "ended", reason: textAt(status, which, "terminated", "reason"), exitCode };
}

/** Reasons from which no container comes back by itself, or only by chance (kubelet, images and containers). */
const hopeless: ReadonlySet<string> = new Set([
  "CrashLoopBackOff",
  "CreateContainerConfigError",
  "CreateContainerError",
  "ErrImageNeverPull",
  "ErrImagePull",
  "ImagePullBackOff",
  "InvalidImageName",
  "RunContainerError",
]);

/** Longer than any proxy takes: what waits is told only then, but for what cannot end well. */
const patience = 2 * 60_000;

/** Not ready, and not just started. `now`: milliseconds since 1970. */
export function isStuck(readiness: Readiness, now: number): boolean {
  if (readiness.kind === "ready" || readiness.kind === "ended" || readiness.kind === "ending") return false;
  const state = "container" in readiness ? readiness.container?.state : undefined;
  if (state?.kind === "waiting" && hopeless.has(state.reason)) return true;
  return readiness.since !== undefined && now - readiness.since > patience;
}
