/** Who is called for a pod, by what is registered; for weft's own registration the same as its model. */
import { expect } from "chai";
import type { JsonObject, Labels } from "../../../src/core/base/json/json.ts";
import { entries } from "../../../src/core/registration/entries.ts";
import { entryFor } from "../../../src/core/registration/entry-for.ts";
import { seenBy } from "../../../src/core/registration/seen-by.ts";
import { defaultTimeouts, mutatingConfiguration } from "../../../src/core/registration/webhooks.ts";

const weft = (namespace = "weft", chosen?: readonly string[]): JsonObject =>
  mutatingConfiguration({
    mutating: "weft-injector",
    validating: "weft-advice",
    server: { service: { name: "weft-injector", port: 443 } },
    namespace,
    chosen,
    failurePolicy: "Fail",
    timeoutSeconds: defaultTimeouts,
  });

/** As Linkerd's chart registers it. */
const linkerd: JsonObject = {
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "MutatingWebhookConfiguration",
  metadata: { name: "linkerd-proxy-injector-webhook-config" },
  webhooks: [
    {
      name: "linkerd-proxy-injector.linkerd.io",
      failurePolicy: "Ignore",
      rules: [{ resources: ["pods", "services"] }],
      namespaceSelector: {
        matchExpressions: [
          { key: "config.linkerd.io/admission-webhooks", operator: "NotIn", values: ["disabled"] },
          { key: "kubernetes.io/metadata.name", operator: "NotIn", values: ["kube-system", "cert-manager"] },
        ],
      },
      objectSelector: { matchExpressions: [{ key: "linkerd.io/control-plane-component", operator: "DoesNotExist" }] },
    },
  ],
};

const pod = (labels: Labels = {}, annotations: Labels = {}): JsonObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web", labels, annotations },
});
const mirrored = { "weft.linkerd.io/inject": "enabled" };
const off = { "config.linkerd.io/admission-webhooks": "disabled" };

describe("who is called for a pod", () => {
  const rows: readonly [
    claim: string,
    configurations: readonly JsonObject[],
    namespace: { readonly name: string; readonly labels: Labels },
    object: JsonObject,
    expected: string,
  ][] = [
    ["nobody is registered", [], { name: "shop", labels: {} }, pod(), "unregistered"],
    [
      "others alone are registered",
      [{ ...linkerd, webhooks: [{ name: "other.example" }] }],
      { name: "shop", labels: {} },
      pod(),
      "unregistered",
    ],
    ["the namespace asks", [weft()], { name: "shop", labels: mirrored }, pod(), "weft inject-namespace Fail 10"],
    [
      "the pod asks",
      [weft()],
      { name: "shop", labels: {} },
      pod({}, { "linkerd.io/inject": "enabled" }),
      "weft inject-pod Fail 10",
    ],
    ["nobody asks", [weft()], { name: "shop", labels: {} }, pod(), "weft rest Ignore 2"],
    [
      "of kube-system",
      [weft()],
      { name: "kube-system", labels: {} },
      pod(),
      "it never sees pods of namespace kube-system",
    ],
    [
      "of weft's namespace",
      [weft("mesh")],
      { name: "mesh", labels: {} },
      pod(),
      "it never sees pods of namespace mesh",
    ],
    [
      "of a namespace that is switched off",
      [weft()],
      { name: "shop", labels: off },
      pod(),
      'the namespace has the label config.linkerd.io/admission-webhooks: "disabled"',
    ],
    [
      "of a namespace that was not chosen",
      [weft("weft", ["lab", "dev"])],
      { name: "shop", labels: {} },
      pod(),
      "it is registered for the namespaces lab, dev alone",
    ],
    [
      "of the mesh itself",
      [weft()],
      { name: "shop", labels: {} },
      pod({ "linkerd.io/control-plane-component": "viz" }),
      'the pod has the label linkerd.io/control-plane-component: "viz": nothing of the mesh itself is injected',
    ],
    [
      "a mirror pod",
      [weft()],
      { name: "shop", labels: {} },
      pod({}, { "kubernetes.io/config.mirror": "x" }),
      "it has the annotation kubernetes.io/config.mirror: what the kubelet runs is left alone",
    ],
    [
      "with Linkerd alone",
      [linkerd],
      { name: "shop", labels: {} },
      pod(),
      "linkerd linkerd-proxy-injector.linkerd.io Ignore 10",
    ],
    [
      "with both, by the one whose name is first",
      [weft(), linkerd],
      { name: "shop", labels: mirrored },
      pod(),
      "linkerd linkerd-proxy-injector.linkerd.io Ignore 10",
    ],
    [
      "with weft registered before Linkerd",
      [linkerd, { ...weft("linkerd"), metadata: { name: "l5d-weft" } }],
      { name: "shop", labels: mirrored },
      pod(),
      "weft inject-namespace Fail 10",
    ],
    [
      "that one misses and the other sees",
      [linkerd, { ...weft("linkerd", ["lab"]), metadata: { name: "l5d-weft" } }],
      { name: "shop", labels: mirrored },
      pod(),
      "linkerd linkerd-proxy-injector.linkerd.io Ignore 10",
    ],
    [
      "by a selector that somebody changed",
      [
        {
          ...linkerd,
          webhooks: [
            {
              name: "linkerd-proxy-injector.linkerd.io",
              rules: [{ resources: ["pods"] }],
              namespaceSelector: { matchLabels: { mesh: "on" } },
            },
          ],
        },
      ],
      { name: "shop", labels: {} },
      pod(),
      "the namespace lacks the label mesh",
    ],
  ];
  for (const [claim, configurations, namespace, object, expected] of rows) {
    it(claim, () => {
      const found = seenBy(configurations, namespace, object);
      const text =
        found.kind === "seen"
          ? `${found.by} ${found.webhook.replace(".weft.linkerd.io", "")} ${found.failurePolicy} ${found.timeoutSeconds}`
          : found.kind === "unseen"
            ? found.why
            : found.kind;
      expect(text).to.equal(expected);
    });
  }

  it("is for weft's registration what the model says", () => {
    for (const name of ["shop", "kube-system", "cert-manager", "weft", "lab"]) {
      for (const labels of [{}, mirrored, off, { "weft.linkerd.io/inject": "disabled" }]) {
        for (const asked of [undefined, "", "enabled", "ingress", "disabled", "Enabled"]) {
          for (const kind of ["Pod", "Service"]) {
            for (const chosen of [undefined, ["lab"]]) {
              const object = { ...pod({}, asked === undefined ? {} : { "linkerd.io/inject": asked }), kind };
              const model = entryFor({ name, labels }, object, { namespace: "weft", chosen });
              const found = seenBy([weft("weft", chosen)], { name, labels }, object);
              expect(found.kind === "seen" ? found.webhook : undefined).to.equal(model && entries[model].name);
            }
          }
        }
      }
    }
  });
});
