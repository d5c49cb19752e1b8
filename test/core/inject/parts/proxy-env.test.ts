/** The variable that opens a proxy's tap; the rest of the environment is compared with Linkerd's by `conformance`. */
import { expect } from "chai";
import { explain } from "../../../../src/core/inject/explain.ts";
import { injectManually } from "../../../../src/core/inject/manual.ts";
import type { Annotations } from "../../../../src/core/base/json/json.ts";
import {
  asking,
  containerIn,
  injectedInto,
  installation,
  itemsAt,
  memberAt,
  pod,
  requestFor,
  variableIn,
} from "../../../support/injection.ts";

const disable = "viz.linkerd.io/disable-tap";
const open = "weft-tap.$(_pod_ns).serviceaccount.identity.weft.cluster.local";
const withTap = installation({ "tap.enabled": true }, "weft");

describe("core/inject/parts/proxy-env: tap", () => {
  const rows: readonly [claim: string, own: Annotations, ofNamespace: Annotations, expected: string | undefined][] = [
    ["is open to one identity of the pod's namespace", {}, {}, open],
    ["is closed by the pod", { [disable]: "true" }, {}, undefined],
    ["is closed by the namespace", {}, { [disable]: "true" }, undefined],
    ["is closed where one of both says so", { [disable]: "false" }, { [disable]: "true" }, undefined],
    ["is closed where the pod says so, whatever its namespace", { [disable]: "t" }, { [disable]: "false" }, undefined],
    ["stays open with false", { [disable]: "false" }, { [disable]: "false" }, open],
    ["stays open with no word", { [disable]: "" }, {}, open],
    ["stays open with a word that is none", { [disable]: "yes" }, {}, open],
  ];
  for (const [claim, annotations, namespace, expected] of rows)
    it(claim, () => {
      const changes = { installation: withTap, namespace: { name: "shop", annotations: namespace } };
      const injected = injectedInto(asking({ annotations }), changes);
      expect(variableIn(injected, "TAP_SVC_NAME")).to.equal(expected);
      // The namespace's word counts, and is not written to the pod: Linkerd's injector does not write it either.
      expect(memberAt(injected, "metadata", "annotations", disable)).to.equal(annotations[disable]);
    });

  it("is closed where the settings do not open it, and no annotation does", () => {
    const closed = installation({}, "weft");
    for (const annotations of [{}, { [disable]: "false" }])
      expect(variableIn(injectedInto(asking({ annotations }), { installation: closed }), "TAP_SVC_NAME")).to.equal(
        undefined,
      );
  });

  it("stands behind the variables that it is made of", () => {
    const names = itemsAt(containerIn(injectedInto(asking(), { installation: withTap }), "linkerd-proxy"), "env").map(
      (each) => each["name"],
    );
    expect(names.indexOf("LINKERD2_PROXY_TAP_SVC_NAME")).to.equal(names.indexOf("_l5d_trustdomain") + 1);
  });

  it("is the same for what is injected by hand", () => {
    const made = injectManually({ object: pod(), installation: withTap, added: {}, createdBy: "weft/cli 1.0.0" });
    expect(made.kind === "injected" && variableIn(made.object, "TAP_SVC_NAME")).to.equal(open);
  });

  it("is explained: who closed it", () => {
    const namespace = { name: "shop", annotations: { [disable]: "true" } };
    const told = explain(requestFor(asking(), { installation: withTap, namespace }));
    expect(told.annotations.find(({ annotation }) => annotation === disable)).to.deep.include({
      from: "namespace",
      used: true,
      changes: [{ setting: "tap.enabled", before: "true", after: "false" }],
    });
    const untouched = explain(requestFor(asking(), { installation: withTap }));
    expect(untouched.kept).to.deep.include({ setting: "tap.enabled", value: "true" });
  });
});
