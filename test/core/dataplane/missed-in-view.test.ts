/** Which pods the control plane counts as missed. */
import { expect } from "chai";
import { isMissedInView } from "../../../src/core/dataplane/missed-in-view.ts";
import { namespaceView, podView } from "../../../src/core/view/from-objects.ts";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { injectedInto, plain, pod } from "../../support/injection.ts";

const namespace = (name: string, inject?: string, labels: JsonObject = {}): JsonObject => ({
  metadata: { name, labels, annotations: inject === undefined ? {} : { "linkerd.io/inject": inject } },
});
const asks = namespace("shop", "enabled");
const says = (inject: string): JsonObject => pod({ annotations: { "linkerd.io/inject": inject } });

describe("the pods that a control plane counts as missed", () => {
  const rows: readonly (readonly [claim: string, pod: JsonObject, namespace: JsonObject, count: number])[] = [
    ["its namespace asks", pod(), asks, 1],
    ["it asks", says("ingress"), namespace("shop"), 1],
    ["nobody asks", pod(), namespace("shop"), 0],
    ["it wants none", says("disabled"), asks, 0],
    ["it says what nobody knows", says("true"), asks, 0],
    ["it has a proxy", plain(injectedInto(says("enabled"))), asks, 0],
    ["hostNetwork", pod({ spec: { hostNetwork: true } }), asks, 0],
    ["ended", { ...pod(), status: { phase: "Succeeded" } }, asks, 0],
    ["being deleted", pod({ metadata: { name: "web", deletionTimestamp: "2026-03-01T12:00:00Z" } }), asks, 0],
    [
      "the kubelet's own",
      pod({ metadata: { ownerReferences: [{ kind: "Node", name: "a", controller: true }] } }),
      asks,
      0,
    ],
    ["of a control plane", pod({ labels: { "linkerd.io/control-plane-component": "x" } }), asks, 0],
    ["an excluded namespace", pod(), namespace("kube-system", "enabled"), 0],
    ["weft's own namespace", pod(), namespace("weft", "enabled"), 0],
    [
      "webhooks turned off",
      pod(),
      namespace("shop", "enabled", { "config.linkerd.io/admission-webhooks": "disabled" }),
      0,
    ],
  ];
  for (const [claim, object, where, count] of rows) {
    it(`${claim}: ${count}`, () => {
      const found = namespaceView(where);
      const view = { ...podView(object), namespace: found.name };
      expect(isMissedInView(view, found, { namespace: "weft" })).to.equal(count === 1);
    });
  }

  it("are none of a namespace that is not known yet", () => {
    expect(isMissedInView(podView(says("enabled")), undefined, { namespace: "weft" })).to.equal(false);
  });
});
