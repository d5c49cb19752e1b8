import { expect } from "chai";
import fc from "fast-check";
import { advice } from "../../../src/core/advice/advice.ts";
import { without } from "../../../src/core/base/json/edit.ts";
import { warningLines } from "../../../src/core/inject/messages/warnings.ts";
import type { Json, JsonObject } from "../../../src/core/base/json/json.ts";
import { runs } from "../../support/properties.ts";
import { annotations, arbitraryPod, text } from "../../support/arbitrary-pod.ts";
import { plain } from "../../support/injection.ts";
import { linesFor, namespaceWith, requestFor, serviceWith, workload } from "../../support/advice.ts";

const typo = { "linkerd.io/injct": "enabled" };
const deployment = workload("Deployment", typo);
const withMember = (object: JsonObject, [key = "", ...rest]: readonly string[], value: Json): JsonObject => ({
  ...object,
  [key]: rest.length === 0 ? value : withMember((object[key] ?? {}) as JsonObject, rest, value),
});

describe("advice on a change", () => {
  const rows: readonly [claim: string, before: JsonObject, path: string, value: Json, isGiven: boolean][] = [
    ["of replicas", deployment, "spec replicas", 3, false],
    ["of the status", deployment, "status", { replicas: 1 }, false],
    ["of finalizers", deployment, "metadata finalizers", ["x"], false],
    ["of nothing", deployment, "metadata name", "web", false],
    [
      "of what kubectl notes",
      deployment,
      "metadata annotations",
      { "kubectl.kubernetes.io/last-applied-configuration": "x" },
      false,
    ],
    [
      "of the revision that the controller notes",
      deployment,
      "metadata annotations",
      { "deployment.kubernetes.io/revision": "2" },
      false,
    ],
    ["of the template", deployment, "spec template spec nodeName", "x", true],
    ["of annotations", deployment, "metadata annotations", { team: "a" }, true],
    ["of labels", deployment, "metadata labels", { team: "a" }, false],
    ["of a CronJob's schedule", workload("CronJob", typo), "spec schedule", "@daily", false],
    ["of a CronJob's template", workload("CronJob", typo), "spec jobTemplate spec template spec nodeName", "x", true],
    ["of a Namespace's finalizers", namespaceWith(typo), "spec", { finalizers: [] }, false],
    ["of a Namespace's labels", namespaceWith(typo), "metadata labels", { team: "a" }, true],
    ["of a Service's type", serviceWith(typo), "spec type", "NodePort", false],
    ["of a Service's ports", serviceWith(typo), "spec ports", [{ port: 81 }], true],
  ];
  for (const [claim, before, path, value, isGiven] of rows) {
    it(`${claim} is ${isGiven ? "given" : "spared"}`, () => {
      const after = withMember(before, path.split(" "), value);
      expect(linesFor(after, { oldObject: plain(before) })).to.have.length(isGiven ? 1 : 0);
    });
  }

  it("does not see a change in the order of keys", () => {
    const before = {
      spec: deployment["spec"],
      metadata: deployment["metadata"],
      kind: "Deployment",
      apiVersion: "apps/v1",
    };
    expect(
      linesFor({ ...deployment, metadata: { namespace: "shop", name: "web" } }, { oldObject: before }),
    ).to.deep.equal([]);
  });
});

describe("advice", () => {
  const owned = (controller: boolean): JsonObject =>
    workload("Job", typo, { metadata: { ownerReferences: [{ kind: "CronJob", name: "x", controller }] } });
  it("is spared where a controller made the object", () => expect(linesFor(owned(true))).to.deep.equal([]));
  it("is given where the object has another owner", () => expect(linesFor(owned(false))).to.have.length(1));

  for (const kind of ["Pod", "ReplicaSet", "ConfigMap"]) {
    it(`is not given on a ${kind}`, () => expect(linesFor(workload(kind, typo))).to.deep.equal([]));
  }

  it("is given on an object that leaves its kind to the request", () => {
    const object = without(deployment, (key) => key === "kind");
    const { subject, warnings } = advice({ ...requestFor(object), requestKind: { group: "apps", kind: "Deployment" } });
    expect([subject, warnings.length]).to.deep.equal([{ kind: "deployment", name: "web" }, 1]);
  });

  it("names an object that has no name yet by what its name will begin with", () => {
    expect(linesFor(workload("Job", typo, { metadata: { name: null, generateName: "once-" } }))[0]).to.match(
      /^job\/once-: /,
    );
  });

  const objects = fc
    .tuple(
      fc.constantFrom("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Namespace", "Service"),
      arbitraryPod(),
      annotations,
      fc.oneof(text, fc.jsonValue({ maxDepth: 2 })),
    )
    .map(([kind, pod, own, odd]) => {
      const object = workload(kind, {}, { metadata: { annotations: own } });
      const template = { metadata: pod["metadata"], spec: pod["spec"] };
      const spec = kind === "CronJob" ? { jobTemplate: { spec: { template } } } : { template, ports: odd as Json };
      const apiVersion = kind === "Namespace" || kind === "Service" ? "v1" : object["apiVersion"];
      return plain<JsonObject>({ ...object, apiVersion, spec });
    });

  it("on anything is lines of their object, each within what an API server passes on, each once", () => {
    fc.assert(
      fc.property(objects, annotations, fc.constantFrom("baseline", "restricted", ""), (object, namespace, level) => {
        const labels = { "pod-security.kubernetes.io/enforce": level };
        const { subject, warnings } = advice(requestFor(object, { annotations: namespace, labels }));
        const lines = warningLines(subject, warnings);
        expect(warnings.map(({ rank }) => rank)).to.deep.equal(
          warnings.map(({ rank }) => rank).toSorted((a, b) => a - b),
        );
        expect(new Set(lines).size).to.equal(lines.length);
        expect(lines.join("").length).to.be.at.most(4096);
        for (const line of lines) {
          expect(line.startsWith(`${String(object["kind"]).toLowerCase()}/web: `), line).to.equal(true);
          expect(line).not.to.match(/[\r\n\u2028]/);
          expect(line.length).to.be.at.most(256);
        }
        expect(linesFor(object, { annotations: namespace, labels, oldObject: plain(object) })).to.deep.equal([]);
      }),
      runs(150),
    );
  });
});
