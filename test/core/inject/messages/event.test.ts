import { expect } from "chai";
import { inject } from "../../../../src/core/inject/inject.ts";
import type { Injection, Owner } from "../../../../src/core/inject/outcome/injection.ts";
import { eventFor, onNamespace } from "../../../../src/core/inject/messages/event.ts";
import type { EventChoice } from "../../../../src/core/inject/messages/event.ts";
import type { JsonObject } from "../../../../src/core/base/json/json.ts";
import { asking, exposing, injectedInto, pod, requestFor } from "../../../support/injection.ts";

const web: Owner = {
  kind: "rollout",
  name: "web",
  reference: { apiVersion: "argoproj.io/v1alpha1", kind: "Rollout", uid: "uid-of-web" },
};
const unreferenced: Owner = { kind: "pod", name: "" };

const of = (object: JsonObject, owner: Owner = web): Injection => inject(requestFor(object, { owner }));

describe("the event to record", () => {
  it("is about the owner as its reference names it, in the namespace of the request", () => {
    expect(eventFor(of(asking()), { dryRun: false, namespace: "shop" }, "asked")).to.deep.equal({
      type: "Normal",
      reason: "Injected",
      message: "Linkerd sidecar proxy injected",
      involvedObject: {
        apiVersion: "argoproj.io/v1alpha1",
        kind: "Rollout",
        namespace: "shop",
        name: "web",
        uid: "uid-of-web",
      },
    });
  });

  it("is about the namespace, and names the owner, where nobody has seen that", () => {
    const event = eventFor(of(asking()), { dryRun: false, namespace: "shop" }, "asked");
    expect(event && onNamespace(event, "uid-of-shop")).to.deep.equal({
      type: "Normal",
      reason: "Injected",
      message: "Linkerd sidecar proxy injected (a pod of rollout/web, as it says)",
      involvedObject: { apiVersion: "v1", kind: "Namespace", namespace: "shop", name: "shop", uid: "uid-of-shop" },
    });
  });

  const onHost = { spec: { hostNetwork: true } };
  const rows: readonly [claim: string, injection: Injection, dryRun: boolean, told: Record<EventChoice, string>][] = [
    ["injected", of(asking()), false, { asked: "Injected", all: "Injected", none: "" }],
    [
      "asked for, impossible",
      of(asking(onHost)),
      false,
      { asked: "InjectionSkipped", all: "InjectionSkipped", none: "" },
    ],
    [
      "asked for, impossible, with opaque ports",
      of(asking({ ...onHost, containers: [exposing(3306)] })),
      false,
      { asked: "InjectionSkipped", all: "InjectionSkipped", none: "" },
    ],
    ["S-34: not asked for", of(pod()), false, { asked: "", all: "InjectionSkipped", none: "" }],
    ["S-32: a dry run", of(asking()), true, { asked: "", all: "", none: "" }],
    ["S-33: of a pod that nobody owns", of(asking(), unreferenced), false, { asked: "", all: "", none: "" }],
    ["a second call", of(injectedInto(asking())), false, { asked: "", all: "", none: "" }],
    ["a Service", of({ apiVersion: "v1", kind: "Service" }), false, { asked: "", all: "", none: "" }],
    ["a fault", { kind: "faulted", issues: [] }, false, { asked: "", all: "", none: "" }],
  ];
  for (const [claim, injection, dryRun, told] of rows) {
    for (const [which, reason] of Object.entries(told) as [EventChoice, string][]) {
      it(`${claim}, with --events ${which}: ${reason || "none"}`, () => {
        expect(eventFor(injection, { dryRun, namespace: "shop" }, which)?.reason ?? "").to.equal(reason);
      });
    }
  }
});
