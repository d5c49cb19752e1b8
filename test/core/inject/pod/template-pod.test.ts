import { expect } from "chai";
import { admitted, withTokenMounts } from "../../../../src/core/inject/pod/template-pod.ts";
import type { JsonObject } from "../../../../src/core/base/json/json.ts";

const template = { metadata: { labels: { app: "web" } }, spec: { containers: [] } };
const workload = (apiVersion: string, kind: string, spec: JsonObject, metadata: JsonObject = {}): JsonObject => ({
  apiVersion,
  kind,
  metadata: { name: "web", namespace: "shop", ...metadata },
  spec,
});
const owned = (kind: string, name: string): JsonObject => ({ ownerReferences: [{ kind, name }] });
const pod = (metadata: JsonObject): JsonObject => ({ apiVersion: "v1", kind: "Pod", metadata });

describe("the pod that reaches the webhook", () => {
  it("is made of the template, named after the workload and in its namespace", () => {
    expect(admitted(workload("apps/v1", "Deployment", { template }), () => undefined)).to.deep.equal({
      value: {
        manifest: { kind: "deployment", name: "web" },
        namespace: "shop",
        owner: { kind: "deployment", name: "web" },
        object: {
          apiVersion: "v1",
          kind: "Pod",
          metadata: { generateName: "web-", namespace: "shop", labels: { app: "web" } },
          spec: { containers: [] },
        },
      },
    });
  });

  const owners: readonly [claim: string, object: JsonObject, owner: string | undefined][] = [
    ["of a StatefulSet: the StatefulSet", workload("apps/v1", "StatefulSet", { template }), "statefulset/web"],
    [
      "of a ReplicaSet: the Deployment above it",
      workload("apps/v1", "ReplicaSet", { template }, owned("Deployment", "above")),
      "deployment/above",
    ],
    ["of a Job that stands alone: the Job", workload("batch/v1", "Job", { template }), "job/web"],
    [
      "of a CronJob: the CronJob",
      workload("batch/v1", "CronJob", { jobTemplate: { spec: { template } } }),
      "cronjob/web",
    ],
    ["of a pod alone: the pod", pod({ name: "web" }), "pod/web"],
    ["of a pod of a DaemonSet: the DaemonSet", pod(owned("DaemonSet", "ds")), "daemonset/ds"],
    ["of a pod of a ReplicaSet that is known: what is above it", pod(owned("ReplicaSet", "known")), "deployment/known"],
    ["of a pod of a ReplicaSet that is not: the ReplicaSet", pod(owned("ReplicaSet", "other")), "replicaset/other"],
    ["a ConfigMap: nothing comes", { apiVersion: "v1", kind: "ConfigMap" }, undefined],
    ["a foreign Deployment: nothing comes", workload("example.com/v1", "Deployment", { template }), undefined],
    ["a Deployment without template: nothing comes", workload("apps/v1", "Deployment", {}), undefined],
  ];
  for (const [claim, object, owner] of owners) {
    it(`has its owner, ${claim}`, () => {
      const found = admitted(object, (_, name) =>
        name === "known" ? { owners: [{ kind: "Deployment", name: "known" }] } : undefined,
      );
      const value = found !== undefined && "value" in found ? found.value : undefined;
      expect(value && `${value.owner.kind}/${value.owner.name}`).to.equal(owner);
    });
  }

  it("is not made of metadata that cannot be read", () => {
    expect(admitted(pod({ name: 1 }), () => undefined)).to.deep.equal({
      issues: [{ at: "/metadata/name", message: "expected text, got 1" }],
    });
  });
});

describe("token mounts", () => {
  const path = "/var/run/secrets/kubernetes.io/serviceaccount";
  const added = { name: "kube-api-access", readOnly: true, mountPath: path };
  const other = { name: "data", mountPath: "/data" };
  const rows: readonly [claim: string, spec: JsonObject, expected: JsonObject][] = [
    [
      "are added behind those that are there",
      { containers: [{ name: "a", volumeMounts: [other] }] },
      { containers: [{ name: "a", volumeMounts: [other, added] }] },
    ],
    [
      "stay where they are",
      { containers: [{ volumeMounts: [{ mountPath: path }] }] },
      { containers: [{ volumeMounts: [{ mountPath: path }] }] },
    ],
    [
      "are not added where the pod wants none",
      { automountServiceAccountToken: false, containers: [{}] },
      { automountServiceAccountToken: false, containers: [{}] },
    ],
    ["leave alone what is not a container", { containers: ["a", null] }, { containers: ["a", null] }],
  ];
  for (const [claim, spec, expected] of rows) {
    it(claim, () => expect(withTokenMounts({ kind: "Pod", spec })["spec"]).to.deep.equal(expected));
  }
});
