/** How far pods have come, as their statuses have it. */
import { expect } from "chai";
import { isStuck, readinessOf } from "../../../src/core/dataplane/readiness.ts";
import type { Readiness } from "../../../src/core/dataplane/readiness.ts";
import type { Json, JsonObject } from "../../../src/core/base/json/json.ts";

const since = Date.parse("2026-03-01T12:00:00Z");
const unready: Json = { type: "Ready", status: "False", lastTransitionTime: "2026-03-01T12:00:00Z" };
const native: JsonObject = {
  initContainers: [{ name: "linkerd-init" }, { name: "linkerd-proxy", restartPolicy: "Always" }],
};
const through: Json = { name: "linkerd-init", state: { terminated: { exitCode: 0, reason: "Completed" } } };
const waiting = (name: string, reason: string): Json => ({
  name,
  restartCount: 4,
  state: { waiting: { reason, message: "back-off 5m0s" } },
  lastState: { terminated: { exitCode: 1, reason: "Error" } },
});

describe("how far a pod has come", () => {
  const rows: readonly (readonly [string, JsonObject, Readiness])[] = [
    ["ready", { status: { conditions: [{ type: "Ready", status: "True" }] } }, { kind: "ready" }],
    ["ended", { status: { phase: "Succeeded", conditions: [unready] } }, { kind: "ended" }],
    ["being deleted", { metadata: { deletionTimestamp: "2026-03-01T12:00:00Z" } }, { kind: "ending" }],
    [
      "no node takes it",
      {
        metadata: { creationTimestamp: "2026-03-01T12:00:00Z" },
        status: { conditions: [{ type: "PodScheduled", status: "False", message: "0/1 nodes are available" }] },
      },
      { kind: "unscheduled", message: "0/1 nodes are available", since },
    ],
    [
      "the init container fails",
      {
        spec: native,
        status: { conditions: [unready], initContainerStatuses: [waiting("linkerd-init", "CrashLoopBackOff")] },
      },
      {
        kind: "init",
        since,
        container: {
          name: "linkerd-init",
          state: { kind: "waiting", reason: "CrashLoopBackOff", message: "back-off 5m0s" },
          restarts: 4,
          last: { kind: "ended", exitCode: 1, reason: "Error" },
        },
      },
    ],
    [
      "the native sidecar has not started",
      {
        spec: native,
        status: {
          conditions: [unready],
          initContainerStatuses: [through, { name: "linkerd-proxy", started: false, state: { running: {} } }],
        },
      },
      {
        kind: "init",
        since,
        container: { name: "linkerd-proxy", state: { kind: "running" }, restarts: 0, last: undefined },
      },
    ],
    [
      "the native sidecar is not ready any more",
      {
        spec: native,
        status: {
          conditions: [unready],
          initContainerStatuses: [
            through,
            { name: "linkerd-proxy", started: true, ready: false, state: { running: {} } },
          ],
          containerStatuses: [{ name: "app", ready: true, state: { running: {} } }],
        },
      },
      {
        kind: "not ready",
        since,
        container: { name: "linkerd-proxy", state: { kind: "running" }, restarts: 0, last: undefined },
      },
    ],
    ["nothing is known yet", { status: {} }, { kind: "not ready", container: undefined, since: undefined }],
  ];
  for (const [claim, pod, readiness] of rows) {
    it(claim, () => {
      expect(readinessOf(pod)).to.deep.equal(readiness);
    });
  }
});

describe("a pod that is stuck", () => {
  const init = (state: Json): Readiness =>
    readinessOf({ spec: native, status: { conditions: [unready], initContainerStatuses: [state] } });
  const rows: readonly (readonly [string, Readiness, minutes: number, boolean])[] = [
    ["ready", { kind: "ready" }, 60, false],
    ["starting", init({ name: "linkerd-init", state: { running: {} } }), 1, false],
    ["starting for long", init({ name: "linkerd-init", state: { running: {} } }), 3, true],
    ["without its image", init(waiting("linkerd-init", "ImagePullBackOff")), 0, true],
    ["about to be made", init(waiting("linkerd-init", "PodInitializing")), 1, false],
  ];
  for (const [claim, readiness, minutes, expected] of rows) {
    it(`${claim}, for ${minutes} min: ${expected}`, () => {
      expect(isStuck(readiness, since + minutes * 60_000)).to.equal(expected);
    });
  }
});
