import { expect } from "chai";
import { inject } from "../../../../src/core/inject/inject.ts";
import type { Owner } from "../../../../src/core/inject/outcome/injection.ts";
import { ownerAbove, ownerLabel, ownerStep } from "../../../../src/core/inject/pod/owner.ts";
import { readMetadata } from "../../../../src/core/inject/pod/pod-view.ts";
import type { MetadataView } from "../../../../src/core/inject/pod/pod-view.ts";
import { eventOf } from "../../../../src/core/inject/messages/event.ts";
import type { JsonObject } from "../../../../src/core/base/json/json.ts";
import { injectManually } from "../../../../src/core/inject/manual.ts";
import { linesFor } from "../../../support/advice.ts";
import { asking, injectedInto, installation, linesOf, memberAt, pod, requestFor } from "../../../support/injection.ts";

type Reference = readonly [kind: string, name: string];

const metadata = (owners: readonly Reference[]): MetadataView => {
  const ownerReferences = owners.map(([kind, name]) => ({ kind, name }));
  const read = readMetadata({ metadata: { name: "web-1", ownerReferences } });
  if ("issues" in read) throw new Error(JSON.stringify(read.issues));
  return read.value;
};

/** `above`: owners of the ReplicaSet or Job; `undefined`: it is not found. */
const ownerOf = (owners: readonly Reference[], above?: readonly Reference[]): Owner => {
  const step = ownerStep(metadata(owners));
  return step.kind === "known" ? step.owner : ownerAbove(step, above === undefined ? undefined : metadata(above));
};

describe("who made a pod", () => {
  const rows: readonly [
    claim: string,
    owners: readonly Reference[],
    above: readonly Reference[] | undefined,
    owner: Reference,
  ][] = [
    ["nobody", [], undefined, ["pod", "web-1"]],
    [
      "two",
      [
        ["ReplicaSet", "a"],
        ["Job", "b"],
      ],
      undefined,
      ["pod", "web-1"],
    ],
    ["a Deployment's ReplicaSet", [["ReplicaSet", "rs"]], [["Deployment", "web"]], ["deployment", "web"]],
    ["a StatefulSet's ReplicaSet", [["ReplicaSet", "rs"]], [["StatefulSet", "db"]], ["statefulset", "db"]],
    ["a DaemonSet's ReplicaSet", [["ReplicaSet", "rs"]], [["DaemonSet", "log"]], ["daemonset", "log"]],
    ["a Job's ReplicaSet", [["ReplicaSet", "rs"]], [["Job", "job"]], ["job", "job"]],
    ["a Rollout's ReplicaSet", [["ReplicaSet", "rs"]], [["Rollout", "web"]], ["replicaset", "rs"]],
    ["a ReplicaSet of nobody", [["ReplicaSet", "rs"]], [], ["replicaset", "rs"]],
    [
      "a ReplicaSet of two",
      [["ReplicaSet", "rs"]],
      [
        ["Deployment", "a"],
        ["Deployment", "b"],
      ],
      ["replicaset", "rs"],
    ],
    ["a ReplicaSet that is not found", [["ReplicaSet", "rs"]], undefined, ["replicaset", "rs"]],
    ["a CronJob's Job", [["Job", "job"]], [["CronJob", "nightly"]], ["cronjob", "nightly"]],
    ["anybody's Job", [["Job", "job"]], [["Workflow", "w"]], ["workflow", "w"]],
    ["a Job of nobody", [["Job", "job"]], [], ["job", "job"]],
    ["a Job that is not found", [["Job", "job"]], undefined, ["job", "job"]],
    ["a kind without look-up", [["StatefulSet", "db"]], [["Other", "x"]], ["statefulset", "db"]],
    ["a foreign kind", [["Node", "n1"]], undefined, ["node", "n1"]],
    ["a kind in other letters is foreign", [["replicaset", "rs"]], [["Deployment", "web"]], ["replicaset", "rs"]],
  ];
  for (const [claim, owners, above, [kind, name]] of rows) {
    it(claim, () => {
      expect(ownerOf(owners, above)).to.deep.equal({ kind, name });
    });
  }
});

describe("the owner label", () => {
  const labelled = ["deployment", "replicationcontroller", "replicaset", "job", "daemonset", "statefulset", "cronjob"];
  for (const kind of [...labelled, "pod", "node", "workflow", ""]) {
    it(`of ${kind === "" ? "nobody" : `a ${kind}`}: ${labelled.includes(kind) ? "written" : "none"}`, () => {
      const after = injectedInto(asking(), { owner: { kind, name: "name" } });
      const labels = Object.keys(memberAt(after, "metadata", "labels") ?? {});
      expect(labels).to.deep.equal([
        "linkerd.io/control-plane-ns",
        "linkerd.io/workload-ns",
        ...(labelled.includes(kind) ? [`linkerd.io/proxy-${kind}`] : []),
      ]);
    });
  }

  it("S-26: also pods of a CronJob get it", () => {
    const after = injectedInto(asking(), { owner: { kind: "cronjob", name: "nightly" } });
    expect(memberAt(after, "metadata", "labels", "linkerd.io/proxy-cronjob")).to.equal("nightly");
  });

  it("of a template names the object itself", () => {
    const template = { metadata: { annotations: { "linkerd.io/inject": "enabled" } }, spec: { containers: [] } };
    const job = {
      apiVersion: "batch/v1",
      kind: "CronJob",
      metadata: { name: "nightly", namespace: "own" },
      spec: { jobTemplate: { spec: { template } } },
    };
    const after = injectedInto(job, { owner: { kind: "", name: "" } });
    expect(memberAt(after, "spec", "jobTemplate", "spec", "template", "metadata", "labels")).to.deep.equal({
      "linkerd.io/control-plane-ns": "linkerd",
      "linkerd.io/workload-ns": "own",
      "linkerd.io/proxy-cronjob": "nightly",
    });
  });
});

describe("the event for the owner", () => {
  it("tells of the injection", () => {
    expect(eventOf(inject(requestFor(asking())))).to.deep.equal({
      type: "Normal",
      reason: "Injected",
      message: "Linkerd sidecar proxy injected",
    });
  });

  it("tells why not, with all reasons", () => {
    const skipped = asking({ spec: { hostNetwork: true }, containers: [{ name: "istio-proxy" }] });
    expect(eventOf(inject(requestFor(skipped)))?.message).to.equal(
      "Linkerd sidecar proxy injection skipped: hostNetwork is enabled, pod has a sidecar injected already",
    );
  });

  it("S-34: none for pods that nobody wanted injected, whatever else is in the way", () => {
    expect(eventOf(inject(requestFor(pod())))).to.equal(undefined);
    expect(eventOf(inject(requestFor(pod({ spec: { hostNetwork: true } }))))).to.equal(undefined);
  });

  it("S-33: none but for the pod's own owner: a nameless pod without one has nobody to tell", () => {
    const { name } = ownerStepOwner();
    expect(name).to.equal("");
  });

  it("none for Services, for a second call, and for faults", () => {
    expect(eventOf(inject(requestFor({ apiVersion: "v1", kind: "Service" })))).to.equal(undefined);
    const again = inject(requestFor(injectedInto(asking())));
    expect([again.kind, eventOf(again)]).to.deep.equal(["updated", undefined]);
    expect(eventOf({ kind: "faulted", issues: [] })).to.equal(undefined);
    expect(eventOf({ kind: "refused", issues: [] })).to.equal(undefined);
  });
});

function ownerStepOwner(): Owner {
  const read = readMetadata({ metadata: { generateName: "web-" } });
  const step = "issues" in read ? undefined : ownerStep(read.value);
  if (step?.kind !== "known") throw new Error("an owner to be looked up");
  return step.owner;
}

describe("S-62: the owner's name as a label", () => {
  const long = "a-very-long-release-name-of-a-chart-and-a-component-called-web-server";
  const cut = "a-very-long-release-name-of-a-chart-and-a-component-called-web";
  const rows: readonly [name: string, label: string | undefined][] = [
    ["web", "web"],
    ["web.v1", "web.v1"],
    ["x".repeat(63), "x".repeat(63)],
    ["x".repeat(64), "x".repeat(63)],
    ["x".repeat(253), "x".repeat(63)],
    // The 63rd character is a dash.
    [long, cut],
    [`${"x".repeat(60)}.-.${"y".repeat(20)}`, "x".repeat(60)],
    ["", ""],
    ["a b", undefined],
    ["-web", undefined],
    ["é", undefined],
    ["---", ""],
  ];
  for (const [name, label] of rows) {
    it(`${JSON.stringify(name)} is ${label === undefined ? "left out" : JSON.stringify(label)}`, () => {
      const { labels, warnings } = ownerLabel({ kind: "deployment", name });
      expect(labels).to.deep.equal(label === undefined ? {} : { "linkerd.io/proxy-deployment": label });
      expect(warnings).to.have.length(label === name ? 0 : 1);
    });
  }

  it("is cut on the pod, on a workload that is injected by hand, and said at apply time", () => {
    const owner = { kind: "deployment", name: long };
    const label = (object: JsonObject, ...path: readonly string[]) =>
      memberAt(object, ...path, "metadata", "labels", "linkerd.io/proxy-deployment");
    expect(label(injectedInto(asking(), { owner }))).to.equal(cut);
    const deployment = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: long, namespace: "shop" },
      spec: { template: asking() },
    };
    const manual = injectManually({ object: deployment, installation: installation(), added: {}, createdBy: "weft" });
    expect("object" in manual && label(manual.object, "spec", "template")).to.equal(cut);
    const line = `label linkerd.io/proxy-deployment is "${cut}": the whole name is not a label value (at most 63 characters, the ends alphanumeric)`;
    expect(linesFor(deployment)[0]).to.include(line.slice(0, 120));
    expect(linesOf(manual)[0]).to.include(line.slice(0, 120));
  });
});
