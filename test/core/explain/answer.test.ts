/** What is claimed of an object, and what is left open: by what is known of where it stands. */
import { expect } from "chai";
import { answerTo } from "../../../src/core/explain/answer.ts";
import type { Around } from "../../../src/core/explain/around.ts";
import { gapsIn } from "../../../src/core/explain/around.ts";
import type { Annotations, JsonObject, Labels } from "../../../src/core/base/json/json.ts";
import { installation, pod } from "../../support/injection.ts";

const nothing: Around = {
  namespace: { kind: "unasked" },
  registration: { kind: "unasked" },
  settings: undefined,
  trustAnchors: undefined,
};
const inNamespace = (annotations: Annotations, labels: Labels = {}): Around => ({
  ...nothing,
  namespace: { kind: "known", value: { annotations, labels } },
});
const seen: Around["registration"] = {
  kind: "known",
  value: {
    kind: "seen",
    by: "weft",
    configuration: "weft-injector",
    webhook: "rest.weft.linkerd.io",
    failurePolicy: "Ignore",
    timeoutSeconds: 2,
  },
};
const unseen: Around["registration"] = {
  kind: "known",
  value: { kind: "unseen", by: "weft", configuration: "weft-injector", why: "so it is" },
};
const asks = { "linkerd.io/inject": "enabled" };
const forbidden = { kind: "forbidden", what: "Namespace shop", text: "you may not" } as const;

const service: JsonObject = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "db" },
  spec: { ports: [{ port: 3306 }] },
};

const requestOf = (object: JsonObject, name: string, { namespace }: Around) => ({
  object,
  namespace: { name, annotations: namespace.kind === "known" ? namespace.value.annotations : {} },
  owner: { kind: "pod", name: "web" },
  installation: installation(),
  createdBy: "weft/webhook 0.0.0",
});

describe("the answer about an object", () => {
  const rows: readonly [claim: string, object: JsonObject, namespace: string, around: Around, expected: string][] = [
    ["a pod of a namespace that asks", pod(), "shop", inNamespace(asks), "injected"],
    ["a pod of one that does not", pod(), "shop", inNamespace({}), "skipped injection_enable_annotation_absent"],
    ["a pod of a namespace that nobody knows", pod(), "shop", nothing, "injected, else skipped"],
    [
      "a pod of a namespace that may not be read",
      pod(),
      "shop",
      { ...nothing, namespace: forbidden },
      "injected, else skipped",
    ],
    [
      "a pod of a namespace that is not there",
      pod(),
      "shop",
      { ...nothing, namespace: { ...forbidden, kind: "absent" } },
      "skipped injection_enable_annotation_absent",
    ],
    ["a pod that asks by itself, wherever it is", pod({ annotations: asks }), "shop", nothing, "injected"],
    [
      "a pod that declines",
      pod({ annotations: { "linkerd.io/inject": "disabled" } }),
      "shop",
      nothing,
      "skipped injection_enable_annotation_absent",
    ],
    [
      "a pod of the node's network",
      pod({ spec: { hostNetwork: true } }),
      "shop",
      nothing,
      "skipped host_network_enabled",
    ],
    ["a pod where nothing is injected", pod({ annotations: asks }), "kube-system", nothing, "skipped not_seen"],
    [
      "a pod of a namespace that keeps webhooks away",
      pod({ annotations: asks }),
      "shop",
      inNamespace({}, { "config.linkerd.io/admission-webhooks": "disabled" }),
      "skipped not_seen",
    ],
    [
      "a pod of the mesh itself",
      pod({ annotations: asks, labels: { "linkerd.io/control-plane-component": "viz" } }),
      "shop",
      nothing,
      "skipped not_seen",
    ],
    [
      "a pod that the cluster's entries miss",
      pod(),
      "shop",
      { ...inNamespace(asks), registration: unseen },
      "skipped not_seen",
    ],
    ["a pod that one of them sees", pod(), "shop", { ...inNamespace(asks), registration: seen }, "injected"],
    [
      "a pod in a cluster without an injector",
      pod({ annotations: asks }),
      "shop",
      { ...nothing, registration: { kind: "known", value: { kind: "unregistered" } } },
      "skipped not_seen",
    ],
    ["a pod that is none", { ...pod(), spec: { containers: 1 } }, "kube-system", nothing, "refused"],
    ["a Service", service, "shop", nothing, "annotated"],
  ];
  for (const [claim, object, name, around, expected] of rows) {
    it(`of ${claim} is: ${expected}`, () => {
      const answer = answerTo({ request: requestOf(object, name, around), around });
      const { outcome, reasons } = answer.explanation;
      const told = [outcome, ...reasons.slice(0, 1).map(({ reason }) => reason)].join(" ");
      const isPlain = answer.kind !== "depends";
      expect(
        isPlain && outcome === "annotated" ? outcome : isPlain ? told : `${told}, else ${answer.otherwise.outcome}`,
      ).to.equal(expected);
    });
  }

  const asked: readonly [claim: string, around: Around, found: RegExp][] = [
    ["is not called absent where nobody knows it", nothing, /"enabled" on the pod; its namespace is not known$/],
    ["is absent where it is known", inNamespace({}), /"enabled" on the pod and absent on the namespace$/],
  ];
  for (const [claim, around, found] of asked) {
    it(`the annotation of a namespace ${claim}`, () => {
      const request = requestOf(pod({ annotations: asks }), "shop", around);
      const { explanation } = answerTo({ request, around });
      expect(explanation.checks.find(({ check }) => check === "injection_enable_annotation_absent")?.found).to.match(
        found,
      );
    });
  }

  it("leaves open what nobody said", () => {
    expect(gapsIn(nothing)).to.deep.equal(["namespace", "settings", "registration"]);
    expect(gapsIn({ ...inNamespace({}), settings: "values.yaml" })).to.deep.equal(["registration"]);
    expect(gapsIn({ ...nothing, registration: seen })).to.deep.equal(["namespace", "settings"]);
  });
});
