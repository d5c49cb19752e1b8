/** The registration's model: each object reaches the one entry that is meant for it, or none. */
import { expect } from "chai";
import fc from "fast-check";
import type { JsonObject, Labels } from "../../../src/core/base/json/json.ts";
import { entryFor } from "../../../src/core/registration/entry-for.ts";
import { mirrorLabel } from "../../../src/core/registration/entries.ts";
import { mirroredLabel } from "../../../src/core/registration/mirror.ts";
import type { EntryName, Reach } from "../../../src/core/registration/rows.ts";

const reach: Reach = { namespace: "weft" };
const off = { "config.linkerd.io/admission-webhooks": "disabled" };

const object = (kind: string, annotation: string | undefined, labels: Labels = {}): JsonObject => ({
  apiVersion: "v1",
  kind,
  metadata: {
    name: "web",
    labels,
    ...(annotation === undefined ? {} : { annotations: { "linkerd.io/inject": annotation } }),
  },
});

/** Expected for a pod's annotation: absent, empty, enabled, ingress, disabled, Enabled; and for a Service. */
type Line = readonly [
  claim: string,
  name: string,
  labels: Labels,
  pods: readonly (EntryName | undefined)[],
  service: EntryName | undefined,
];

const annotations = [undefined, "", "enabled", "ingress", "disabled", "Enabled"];
const nobody = annotations.map(() => undefined);
const plain: Line[3] = ["rest", "rest", "injectPod", "injectPod", "rest", "rest"];
const asks: Line[3] = [
  ...annotations.slice(0, 4).map(() => "injectNamespace" as const),
  "restNamespace",
  "restNamespace",
];

const lines: readonly Line[] = [
  ["without the label", "shop", {}, plain, "rest"],
  ["whose label is enabled", "shop", { [mirrorLabel]: "enabled" }, asks, "restNamespace"],
  ["whose label is ingress", "shop", { [mirrorLabel]: "ingress" }, asks, "restNamespace"],
  ["whose label is disabled, set by hand", "shop", { [mirrorLabel]: "disabled" }, plain, "rest"],
  ["with webhooks switched off", "shop", { ...off, [mirrorLabel]: "enabled" }, nobody, undefined],
  ["of the cluster's own", "kube-system", { [mirrorLabel]: "enabled" }, nobody, undefined],
  ["of cert-manager", "cert-manager", {}, nobody, undefined],
  ["of weft", "weft", { [mirrorLabel]: "enabled" }, nobody, undefined],
];

describe("entryFor", () => {
  for (const [claim, name, labels] of lines) {
    it(`sends a mirror pod in a namespace ${claim} to no entry, and a Service like it where others go`, () => {
      for (const annotation of annotations) {
        const mirror = (kind: string): JsonObject => {
          const made = object(kind, annotation);
          const metadata = made["metadata"] as JsonObject;
          const own = metadata["annotations"] as JsonObject | undefined;
          return { ...made, metadata: { ...metadata, annotations: { ...own, "kubernetes.io/config.mirror": "" } } };
        };
        expect(entryFor({ name, labels }, mirror("Pod"), reach)).to.equal(undefined);
        expect(entryFor({ name, labels }, mirror("Service"), reach)).to.equal(
          entryFor({ name, labels }, object("Service", annotation), reach),
        );
      }
    });
  }

  for (const [claim, name, labels, pods, service] of lines) {
    for (const [index, annotation] of annotations.entries()) {
      const expected = pods[index];
      it(`sends a pod with ${annotation ?? "no annotation"}, in a namespace ${claim}, to ${expected ?? "no entry"}`, () =>
        expect(entryFor({ name, labels }, object("Pod", annotation), reach)).to.equal(expected));
    }
    it(`sends a Service in a namespace ${claim} to ${service ?? "no entry"}`, () =>
      expect(entryFor({ name, labels }, object("Service", undefined), reach)).to.equal(service));
  }

  for (const label of ["linkerd.io/control-plane-component", "linkerd.io/cni-resource"]) {
    it(`leaves ${label} alone`, () => {
      const pod = object("Pod", "enabled", { [label]: "" });
      expect(entryFor({ name: "shop", labels: {} }, pod, reach)).to.equal(undefined);
    });
  }

  it("sees chosen namespaces alone", () => {
    const chosen = { ...reach, chosen: ["shop"] };
    const pod = object("Pod", "enabled");
    expect(entryFor({ name: "shop", labels: {} }, pod, chosen)).to.equal("injectPod");
    expect(entryFor({ name: "bank", labels: {} }, pod, chosen)).to.equal(undefined);
  });

  const namespaces: readonly [claim: string, annotation: string | undefined, labels: Labels, called: boolean][] = [
    ["neither annotated nor labelled", undefined, {}, false],
    ["annotated a moment ago", "enabled", {}, true],
    ["labelled as annotated", "ingress", { [mirrorLabel]: "ingress" }, false],
    ["labelled by hand", undefined, { [mirrorLabel]: "enabled" }, true],
    ["whose annotation changed", "ingress", { [mirrorLabel]: "enabled" }, true],
    ["that declines", "disabled", {}, false],
    ["that declines since a moment ago", "disabled", { [mirrorLabel]: "enabled" }, true],
    ["with webhooks switched off", "enabled", off, false],
  ];
  for (const [claim, annotation, labels, called] of namespaces) {
    it(`${called ? "mirrors" : "does not look at"} a Namespace ${claim}`, () =>
      expect(entryFor({ name: "web", labels: {} }, object("Namespace", annotation, labels), reach)).to.equal(
        called ? "mirror" : undefined,
      ));
  }

  it("has exactly one entry for each pod and Service of each namespace that is not left out", () => {
    const word = fc.constantFrom(undefined, "", "enabled", "ingress", "disabled", "Enabled", "__proto__");
    fc.assert(
      fc.property(word, word, fc.constantFrom("Pod", "Service"), (label, annotation, kind) => {
        const labels = label === undefined ? {} : { [mirrorLabel]: label };
        expect(entryFor({ name: "shop", labels }, object(kind, annotation), reach)).to.be.a("string");
      }),
    );
  });

  it("has an inject entry exactly for those who ask, by themselves or by their namespace", () => {
    const word = fc.constantFrom(undefined, "", "enabled", "ingress", "disabled", "Enabled");
    fc.assert(
      fc.property(word, word, (ofNamespace, ofPod) => {
        const label = mirroredLabel(ofNamespace === undefined ? {} : { "linkerd.io/inject": ofNamespace });
        const labels = label === undefined ? {} : { [mirrorLabel]: label };
        const wants = (ofPod || label) === "enabled" || (ofPod || label) === "ingress";
        const called = entryFor({ name: "shop", labels }, object("Pod", ofPod), reach);
        expect(called).to.equal(
          `${wants ? "inject" : "rest"}${label === undefined ? (wants ? "Pod" : "") : "Namespace"}`,
        );
      }),
    );
  });
});

describe("mirroredLabel", () => {
  const rows: readonly [value: string | undefined, label: string | undefined][] = [
    [undefined, undefined],
    ["", undefined],
    ["enabled", "enabled"],
    ["ingress", "ingress"],
    ["disabled", undefined],
    ["Enabled", undefined],
  ];
  for (const [value, label] of rows) {
    it(`of ${value ?? "no annotation"} is ${label ?? "absent"}`, () =>
      expect(mirroredLabel(value === undefined ? {} : { "linkerd.io/inject": value })).to.equal(label));
  }
});
