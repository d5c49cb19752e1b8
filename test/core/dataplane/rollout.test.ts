/** How far workloads have come, as their statuses have it. */
import { expect } from "chai";
import { isKept, rolloutOf, standsStill } from "../../../src/core/dataplane/rollout.ts";
import type { RollingKind } from "../../../src/core/dataplane/target.ts";
import type { JsonObject } from "../../../src/core/base/json/json.ts";

describe("the rollout of a", () => {
  const rows: readonly (readonly [RollingKind, claim: string, JsonObject, expected: string])[] = [
    [
      "deployment",
      "not seen yet",
      { metadata: { generation: 2 }, spec: { replicas: 1 }, status: { observedGeneration: 1 } },
      "under way: its controller has not seen it yet",
    ],
    [
      "deployment",
      "half made",
      { spec: { replicas: 2 }, status: { updatedReplicas: 1 } },
      "under way: 1 of 2 pods are replaced",
    ],
    [
      "deployment",
      "not ready",
      { spec: { replicas: 2 }, status: { updatedReplicas: 2, replicas: 2, availableReplicas: 1 } },
      "under way: 1 of 2 pods are ready",
    ],
    [
      "deployment",
      "with old pods",
      { spec: { replicas: 1 }, status: { updatedReplicas: 1, replicas: 2, availableReplicas: 1 } },
      "under way: 1 old pods are still there",
    ],
    [
      "deployment",
      "late",
      {
        status: { updatedReplicas: 1, conditions: [{ type: "Progressing", reason: "ProgressDeadlineExceeded" }] },
      },
      "failed: it exceeded its progress deadline",
    ],
    ["deployment", "done", { status: { updatedReplicas: 1, replicas: 1, availableReplicas: 1 } }, "done"],
    ["deployment", "of none", { spec: { replicas: 0 }, status: {} }, "done"],
    [
      "daemonset",
      "half made",
      { status: { desiredNumberScheduled: 2, updatedNumberScheduled: 1 } },
      "under way: 1 of 2 pods are replaced",
    ],
    [
      "daemonset",
      "done",
      { status: { desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 2 } },
      "done",
    ],
    [
      "statefulset",
      "half made",
      {
        spec: { replicas: 3 },
        status: { updatedReplicas: 1, readyReplicas: 3, updateRevision: "b", currentRevision: "a" },
      },
      "under way: 1 of 3 pods are replaced",
    ],
    [
      "statefulset",
      "done",
      { spec: { replicas: 3 }, status: { readyReplicas: 3, updateRevision: "b", currentRevision: "b" } },
      "done",
    ],
    [
      "statefulset",
      "done up to its partition",
      {
        spec: { replicas: 3, updateStrategy: { rollingUpdate: { partition: 2 } } },
        status: { updatedReplicas: 1, readyReplicas: 3, updateRevision: "b", currentRevision: "a" },
      },
      "done",
    ],
  ];
  for (const [of, claim, workload, expected] of rows) {
    it(`${of}, ${claim}`, () => {
      const rollout = rolloutOf(of, workload);
      expect("text" in rollout ? `${rollout.kind}: ${rollout.text}` : rollout.kind).to.equal(expected);
    });
  }

  const still: readonly (readonly [RollingKind, JsonObject, string | undefined])[] = [
    ["deployment", { spec: { paused: true } }, "is paused"],
    ["deployment", { spec: {} }, undefined],
    [
      "daemonset",
      { spec: { updateStrategy: { type: "OnDelete" } } },
      "makes pods anew only when they are deleted (OnDelete)",
    ],
    ["statefulset", { spec: { updateStrategy: { type: "RollingUpdate" } } }, undefined],
    ["statefulset", { spec: { replicas: 2, updateStrategy: { rollingUpdate: { partition: 1 } } } }, undefined],
    [
      "statefulset",
      { spec: { replicas: 2, updateStrategy: { rollingUpdate: { partition: 2 } } } },
      "keeps all of its pods as they are (partition)",
    ],
  ];
  for (const [of, workload, expected] of still) {
    it(`${of} ${expected ?? "begins by itself"}`, () => {
      expect(standsStill(of, workload)).to.equal(expected);
    });
  }

  const partitioned = { spec: { updateStrategy: { rollingUpdate: { partition: 2 } } } };
  const kept: readonly (readonly [RollingKind, JsonObject, pod: string, boolean])[] = [
    ["statefulset", partitioned, "db-1", true],
    ["statefulset", partitioned, "db-2", false],
    ["statefulset", { spec: { ...partitioned.spec, ordinals: { start: 5 } } }, "db-6", true],
    ["statefulset", { spec: { ...partitioned.spec, ordinals: { start: 5 } } }, "db-7", false],
    ["statefulset", {}, "db-0", false],
    ["deployment", partitioned, "db-0", false],
  ];
  for (const [of, workload, pod, expected] of kept) {
    it(`${of} of ${JSON.stringify(workload)} ${expected ? "keeps" : "makes anew"} ${pod}`, () => {
      expect(isKept(of, workload, pod)).to.equal(expected);
    });
  }
});
