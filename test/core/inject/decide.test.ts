import { expect } from "chai";
import { decide, factsOf } from "../../../src/core/inject/decide.ts";
import { inject } from "../../../src/core/inject/inject.ts";
import type { Json, JsonObject } from "../../../src/core/base/json/json.ts";
import { asking, installation, pod, requestFor, viewOf } from "../../support/injection.ts";

const { settings } = installation();
const withoutProjection = installation({ "identity.serviceAccountTokenProjection": false });
const key = "linkerd.io/inject";
const tokenMount = { name: "token", mountPath: "/var/run/secrets/kubernetes.io/serviceaccount" };

describe("the decision by annotation", () => {
  const absentCode = "injection_enable_annotation_absent";
  const disabledCode = "injection_disable_annotation_present";
  const atNamespace = "invalid_inject_annotation_at_ns";
  const atWorkload = "invalid_inject_annotation_at_workload";
  const rows: readonly [namespace: readonly string[], pod: readonly string[], code: string, at: string][] = [
    [["Enabled", "true", "enabled ", "yes"], ["", "enabled", "disabled", "ingress", "bogus"], atNamespace, ""],
    [["", "enabled", "disabled", "ingress"], ["Enabled", "true", " ", "bogus"], atWorkload, ""],
    [["enabled", "ingress"], ["disabled"], disabledCode, "workload"],
    [["enabled", "ingress"], ["", "enabled", "ingress"], "", "namespace"],
    [["", "disabled"], ["", "disabled"], absentCode, ""],
    [["", "disabled"], ["enabled", "ingress"], "", "workload"],
  ];
  for (const [namespaces, pods, code, at] of rows) {
    for (const inherited of namespaces) {
      for (const own of pods) {
        it(`namespace ${JSON.stringify(inherited)}, pod ${JSON.stringify(own)}: ${code || "inject"}`, () => {
          const decision = decide(factsOf(viewOf(pod()), settings, "webhook"), { [key]: own }, { [key]: inherited });
          expect([decision.reasons.join(), decision.annotationAt]).to.deep.equal([code, at]);
        });
      }
    }
  }

  it("takes an absent annotation for an empty one", () => {
    const facts = factsOf(viewOf(pod()), settings, "webhook");
    expect(decide(facts, {}, {})).to.deep.include({ reasons: [absentCode], annotationAt: "" });
    expect(decide(facts, {}, { [key]: "enabled" })).to.deep.include({ reasons: [], annotationAt: "namespace" });
  });

  it("S-05: a typo on the namespace switches off pods that ask themselves", () => {
    const injection = inject(requestFor(asking(), { namespace: { name: "shop", annotations: { [key]: "enabld" } } }));
    expect(injection).to.deep.include({ kind: "skipped", reasons: [atNamespace] });
  });
});

describe("an existing sidecar", () => {
  type List = "initContainers" | "containers";
  const detected: readonly [List, JsonObject][] = [
    ["containers", { name: "a", image: "cr.l5d.io/linkerd/proxy:x" }],
    ["initContainers", { name: "a", image: "cr.l5d.io/linkerd/proxy:x" }],
    ["containers", { name: "a", image: "gcr.io/istio-release/proxyv2:x" }],
    ["initContainers", { name: "a", image: "gcr.io/istio-release/proxyv2:x" }],
    ["containers", { name: "linkerd-proxy", image: "a" }],
    ["initContainers", { name: "linkerd-proxy", image: "a" }],
    ["containers", { name: "istio-proxy", image: "a" }],
    ["initContainers", { name: "istio-proxy", image: "a" }],
    ["initContainers", { name: "a", image: "cr.l5d.io/linkerd/proxy-init:x" }],
    ["initContainers", { name: "a", image: "gcr.io/istio-release/proxy_init:x" }],
    ["initContainers", { name: "linkerd-init", image: "a" }],
    ["initContainers", { name: "istio-init", image: "a" }],
  ];
  const overlooked: readonly [List, JsonObject][] = [
    ["containers", { name: "a", image: "cr.l5d.io/linkerd/proxy" }],
    ["containers", { name: "a", image: "cr.l5d.io/linkerd/proxy-init:x" }],
    ["containers", { name: "a", image: "example.test/linkerd/proxy:x" }],
    ["containers", { name: "a", image: "gcr.io/istio-release/proxy_init:x" }],
    ["containers", { name: "linkerd-init", image: "a" }],
    ["containers", { name: "istio-init", image: "a" }],
    ["containers", { name: "linkerd-debug", image: "a" }],
    ["initContainers", { name: "linkerd-network-validator", image: "a" }],
    ["containers", { name: "Linkerd-Proxy", image: "a" }],
  ];
  const sidecarIn = ([list, container]: [List, JsonObject]): string =>
    factsOf(viewOf(pod({ [list]: [container] })), settings, "webhook").sidecar;

  for (const row of detected) {
    it(`is ${JSON.stringify(row)}`, () => {
      expect(sidecarIn(row)).to.include(row[1]["name"] === "a" ? row[1]["image"] : row[1]["name"]);
    });
  }
  for (const row of overlooked) {
    it(`is not ${JSON.stringify(row)}`, () => {
      expect(sidecarIn(row)).to.equal("");
    });
  }
});

describe("facts", () => {
  const mounting = { name: "app", volumeMounts: [tokenMount] };
  const rows: readonly [claim: string, spec: JsonObject, via: "webhook" | "cli", refused: boolean][] = [
    ["webhook: the first container mounts no token", { containers: [{ name: "app" }] }, "webhook", true],
    ["webhook: the first container mounts the token", { containers: [mounting] }, "webhook", false],
    ["webhook: only the second mounts it", { containers: [{ name: "a" }, mounting] }, "webhook", true],
    ["webhook: no containers", { containers: [] }, "webhook", false],
    [
      "webhook: mounted but switched off",
      { automountServiceAccountToken: false, containers: [mounting] },
      "webhook",
      true,
    ],
    ["by hand: mounts are not looked at", { containers: [{ name: "app" }] }, "cli", false],
    ["by hand: switched off", { automountServiceAccountToken: false, containers: [mounting] }, "cli", true],
  ];
  for (const [claim, spec, via, refused] of rows) {
    it(`automount without token projection; ${claim}: ${refused ? "refused" : "ok"}`, () => {
      expect(factsOf(viewOf(pod({ spec })), withoutProjection.settings, via).automountRefused).to.equal(refused);
      expect(factsOf(viewOf(pod({ spec })), settings, via).automountRefused).to.equal(false);
    });
  }

  it("a UDP port of a regular container is seen and never prevents injection", () => {
    const udp: readonly Json[] = [{ name: "app", ports: [{ containerPort: 53, protocol: "UDP" }] }];
    expect(factsOf(viewOf(pod({ containers: udp })), settings, "webhook").udp).to.equal(true);
    expect(factsOf(viewOf(pod({ initContainers: udp })), settings, "webhook").udp).to.equal(false);
    expect(inject(requestFor(asking({ containers: udp }))).kind).to.equal("injected");
  });
});

describe("all reasons", () => {
  it("are told, in their order", () => {
    const object = pod({ spec: { hostNetwork: true }, containers: [{ name: "linkerd-proxy" }] });
    const injection = inject(requestFor(object, { installation: withoutProjection }));
    expect("reasons" in injection && injection.reasons).to.deep.equal([
      "host_network_enabled",
      "sidecar_already_exists",
      "injection_enable_annotation_absent",
      "disabled_automount_service_account_token_account",
    ]);
  });

  it("of an object without a pod are one", () => {
    const injection = inject(
      requestFor({ apiVersion: "v1", kind: "Service", metadata: { annotations: { [key]: "bogus" } } }),
    );
    expect(injection).to.deep.include({ kind: "skipped", reasons: ["unsupported_resource"], annotationAt: "" });
  });
});
