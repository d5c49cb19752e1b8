import { expect } from "chai";
import { explain } from "../../../../src/core/inject/explain.ts";
import { inject } from "../../../../src/core/inject/inject.ts";
import { eventOf } from "../../../../src/core/inject/messages/event.ts";
import type { JsonObject } from "../../../../src/core/base/json/json.ts";
import { linesFor, workload } from "../../../support/advice.ts";
import { asking, exposing, pod, requestFor, warningsFor } from "../../../support/injection.ts";

const required = (...terms: readonly JsonObject[]): JsonObject => ({
  affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } } },
});
const os = (operator: string, ...values: readonly string[]): JsonObject => ({
  matchExpressions: [{ key: "kubernetes.io/os", operator, values }],
});

const bound: readonly [claim: string, spec: JsonObject, found: string][] = [
  ["spec.os.name", { os: { name: "windows" } }, "spec.os.name is windows"],
  [
    "its node selector",
    { nodeSelector: { "kubernetes.io/os": "windows" } },
    "spec.nodeSelector has kubernetes.io/os: windows",
  ],
  [
    "its node selector of old",
    { nodeSelector: { "beta.kubernetes.io/os": "windows" } },
    "spec.nodeSelector has beta.kubernetes.io/os: windows",
  ],
  [
    "the build of Windows in its node selector",
    { nodeSelector: { "node.kubernetes.io/windows-build": "10.0.20348" } },
    "spec.nodeSelector has node.kubernetes.io/windows-build: 10.0.20348",
  ],
  ["its affinity", required(os("In", "windows")), "spec.affinity needs a node with Windows"],
  ["its aversion to Linux", required(os("NotIn", "linux")), "spec.affinity needs a node with Windows"],
  [
    "the build of Windows in its affinity",
    required({ matchExpressions: [{ key: "node.kubernetes.io/windows-build", operator: "Exists" }] }),
    "spec.affinity needs a node with Windows",
  ],
  [
    "each alternative of its affinity",
    required(os("In", "windows"), {
      matchExpressions: [
        { key: "zone", operator: "Exists" },
        ...(os("In", "windows")["matchExpressions"] as JsonObject[]),
      ],
    }),
    "spec.affinity needs a node with Windows",
  ],
];

const free: readonly [claim: string, spec: JsonObject][] = [
  ["Linux", { os: { name: "linux" }, nodeSelector: { "kubernetes.io/os": "linux" } }],
  ["any system but Windows", required(os("NotIn", "windows"))],
  [
    "nodes without a build of Windows",
    required({ matchExpressions: [{ key: "node.kubernetes.io/windows-build", operator: "DoesNotExist" }] }),
  ],
  ["either", required(os("In", "windows", "linux"))],
  ["Windows as one alternative", required(os("In", "windows"), os("In", "linux"))],
  [
    "Windows as what it would rather have",
    {
      affinity: {
        nodeAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference: os("In", "windows") }],
        },
      },
    },
  ],
  ["nothing that is a map", { os: "windows", nodeSelector: [], affinity: 1 }],
];

describe("S-60: a pod that runs on Windows", () => {
  for (const [claim, spec, found] of bound) {
    it(`by ${claim} is not injected`, () => {
      const asked = asking({ spec });
      expect(inject(requestFor(asked))).to.deep.include({ kind: "skipped", reasons: ["windows_pod"] });
      expect(warningsFor(asked)).to.deep.equal(["pod/web: asked for injection, but is not injected: runs on Windows"]);
      expect(explain(requestFor(asked)).checks).to.deep.include({ check: "windows_pod", holds: true, found });
      expect(linesFor(workload("Deployment", { "linkerd.io/inject": "enabled" }, { spec }))).to.deep.equal([
        "deployment/web: asked for injection, but is not injected: runs on Windows",
      ]);
    });
  }

  for (const [claim, spec] of free) {
    it(`is not one that may run on ${claim}`, () =>
      expect(inject(requestFor(asking({ spec }))).kind).to.equal("injected"));
  }

  it("has its opaque ports written, as every pod without proxy", () => {
    const object = asking({ spec: { os: { name: "windows" } }, containers: [exposing(3306)] });
    expect(inject(requestFor(object)).kind).to.equal("annotated");
  });

  it("has the event of a pod that is skipped", () => {
    const injection = inject(requestFor(asking({ spec: { os: { name: "windows" } } })));
    expect(eventOf(injection)?.message).to.equal("Linkerd sidecar proxy injection skipped: runs on Windows");
  });

  it("is told nothing when nobody asked, and Linkerd's reasons stay as they are", () => {
    const spec = { os: { name: "windows" } };
    expect(warningsFor(pod({ spec }))).to.deep.equal([]);
    expect(inject(requestFor(pod({ spec })))).to.deep.include({ reasons: ["injection_enable_annotation_absent"] });
    expect(inject(requestFor(asking({ spec: { ...spec, hostNetwork: true } })))).to.deep.include({
      reasons: ["host_network_enabled"],
    });
  });
});

describe("S-61: a mirror pod", () => {
  const mirror = { "kubernetes.io/config.mirror": "0123456789abcdef" };
  const object = asking({ annotations: mirror, containers: [exposing(3306)] });

  it("is not injected, and not changed in any other way", () =>
    expect(inject(requestFor(object))).to.deep.include({ kind: "skipped", reasons: ["mirror_pod"] }));

  it("is told why", () => {
    expect(warningsFor(object)).to.deep.equal([
      "pod/web: asked for injection, but is not injected: is a mirror pod, which only shows what the kubelet runs from a file",
    ]);
    expect(explain(requestFor(object)).reasons.map(({ advice }) => advice)).to.deep.equal([
      "what the kubelet runs from a file has no service account, and so no identity in the mesh; a DaemonSet has",
    ]);
  });

  it("is left alone in a namespace that hands down opaque ports", () => {
    const namespace = { name: "shop", annotations: { "config.linkerd.io/opaque-ports": "80" } };
    expect(inject(requestFor(pod({ annotations: mirror }), { namespace })).kind).to.equal("skipped");
  });
});
