/** What pods are found to be: injected by the engine itself, then stored as an API server stores them. */
import { expect } from "chai";
import { podState } from "../../../src/core/dataplane/state.ts";
import type {
  MeshNow,
  NamespaceNow,
  PodState,
  Trust,
  Unmeshed,
  WhyUnmeshed,
} from "../../../src/core/dataplane/state.ts";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { injectManually } from "../../../src/core/inject/manual.ts";
import { asking, injectedInto, installation, plain, pod } from "../../support/injection.ts";

const at = (time: string): number => Date.parse(`2026-03-01T${time}:00Z`);

const mesh = (changes: Parameters<typeof installation>[0] = {}, more: Partial<MeshNow> = {}): MeshNow => ({
  installation: installation(changes),
  registration: { reach: { namespace: "weft" }, made: at("10:00") },
  fingerprints: (pem) => pem.trim().split(","),
  ...more,
});

const namespace = (changes: Partial<NamespaceNow> = {}): NamespaceNow => ({
  name: "shop",
  annotations: {},
  labels: {},
  asked: undefined,
  ...changes,
});
const asks = namespace({ annotations: { "linkerd.io/inject": "enabled" }, asked: at("11:00") });

/** As an API server stores it at noon: defaults are filled in, zeros are left out, amounts are rewritten. */
function stored(object: JsonObject, time = "12:00"): JsonObject {
  const { spec, metadata } = plain(object) as { readonly spec: JsonObject; readonly metadata: JsonObject };
  const lists = ["initContainers", "containers"].map((list) => [
    list,
    ((spec[list] ?? []) as JsonObject[]).map(storedContainer),
  ]);
  return {
    metadata: { ...metadata, creationTimestamp: `2026-03-01T${time}:00Z` },
    spec: { ...spec, ...Object.fromEntries(lists) },
    status: { conditions: [{ type: "Ready", status: "True" }] },
  };
}

function storedContainer(container: JsonObject): JsonObject {
  const text = JSON.stringify({ terminationMessagePath: "/dev/termination-log", ...container })
    .replaceAll('"value":""', '"fresh":true')
    .replaceAll('"fieldRef":{', '"fieldRef":{"apiVersion":"v1",')
    .replaceAll('"initialDelaySeconds":0,', "")
    .replaceAll('"cpu":"1000m"', '"cpu":"1"')
    .replaceAll('"16Ei"', '"9223372036854775807"')
    .replaceAll('"httpGet":{', '"httpGet":{"scheme":"HTTP",');
  return JSON.parse(text) as JsonObject;
}

const meshed = (settings: Parameters<typeof installation>[0] = {}, object = asking()): JsonObject =>
  stored(injectedInto(object, { installation: installation(settings) }));

function fieldsOf(state: PodState): readonly string[] {
  if (state.kind !== "meshed") throw new Error(`is ${state.kind}`);
  return state.now.kind === "differs"
    ? state.now.differences.map(({ container, field }) => `${container} ${field}`)
    : [state.now.kind];
}

describe("the state of a meshed pod", () => {
  for (const [claim, settings] of Object.entries({
    "with the chart's settings": {},
    "without native sidecars": { "proxy.nativeSidecar": false },
    "with the CNI plugin": { cniEnabled: true },
    "with amounts that are stored in another form": { "proxy.resources.cpu.limit": "1000m" },
    "with amounts that are stored as others": { "proxy.resources.memory.limit": "16Ei" },
    "with a redirect of weft's own": {
      "proxyInit.mode": "nft",
      "proxyInit.image.name": "init:1",
      "proxyInit.image.version": "1",
    },
    "with tracing": {
      "proxy.tracing.enabled": true,
      "proxy.tracing.collector.endpoint": "collector:4317",
      "proxy.tracing.collector.meshIdentity.serviceAccountName": "collector",
      "proxy.tracing.collector.meshIdentity.namespace": "tracing",
    },
  })) {
    it(`${claim} is as it would be now`, () => {
      expect(fieldsOf(podState(meshed(settings), namespace(), mesh(settings)))).to.deep.equal(["same"]);
    });
  }

  const changes: readonly (readonly [string, Parameters<typeof installation>[0], readonly string[]])[] = [
    ["another image", { "proxy.image.version": "edge-26.1.1" }, ["linkerd-init image", "linkerd-proxy image"]],
    ["another log level", { "proxy.logLevel": "debug" }, ["linkerd-proxy env.LINKERD2_PROXY_LOG"]],
    ["a limit", { "proxy.resources.memory.limit": "300Mi" }, ["linkerd-init resources", "linkerd-proxy resources"]],
    ["the init container gone", { cniEnabled: true }, ["linkerd-init ", "linkerd-network-validator "]],
    [
      "no native sidecar",
      { "proxy.nativeSidecar": false },
      ["linkerd-proxy lifecycle", "linkerd-proxy restartPolicy", "linkerd-proxy startupProbe"],
    ],
  ];
  for (const [claim, settings, fields] of changes) {
    it(`differs by ${claim}`, () => {
      expect(fieldsOf(podState(meshed(), namespace(), mesh(settings)))).to.have.members(fields);
    });
  }

  it("tells what a field is and what it would be", () => {
    const state = podState(meshed(), namespace(), mesh({ "proxy.logLevel": "debug" }));
    expect(state)
      .to.have.nested.property("now.differences[0].wouldBe")
      .that.matches(/^debug,/);
    expect(state)
      .to.have.nested.property("now.differences[0].is")
      .that.matches(/^warn,/);
  });

  it("heeds the pod's own annotations", () => {
    const object = asking({ annotations: { "config.linkerd.io/proxy-log-level": "trace" } });
    expect(fieldsOf(podState(meshed({}, object), namespace(), mesh({ "proxy.logLevel": "debug" })))).to.deep.equal([
      "same",
    ]);
  });

  it("heeds what its namespace says now", () => {
    const found = podState(
      meshed(),
      namespace({ annotations: { "config.linkerd.io/proxy-log-level": "trace" } }),
      mesh(),
    );
    expect(fieldsOf(found)).to.deep.equal(["linkerd-proxy env.LINKERD2_PROXY_LOG"]);
  });

  it("leaves alone what other webhooks add to the proxy", () => {
    const object = meshed();
    const text = JSON.stringify(object).replaceAll('"env":[', '"env":[{"name":"DD_AGENT","value":"x"},');
    expect(fieldsOf(podState(JSON.parse(text) as JsonObject, namespace(), mesh()))).to.deep.equal(["same"]);
  });

  it("says who injected it, its proxy and its control plane", () => {
    const found = podState(meshed({ "proxy.image.version": "v2" }), namespace(), mesh());
    expect(found).to.deep.include({
      kind: "meshed",
      namespace: "shop",
      name: "web",
      controller: undefined,
      by: { kind: "weft", maker: "weft/webhook 1.0.0" },
      controlPlaneNamespace: "linkerd",
      proxy: { image: "cr.l5d.io/linkerd/proxy:v2", version: "v2", isNative: true, adminPort: 4191 },
    });
  });

  const makers: readonly (readonly [string, string])[] = [
    ["linkerd/proxy-injector edge-25.1.1", "linkerd"],
    ["linkerd/cli dev-undefined", "manual"],
    ["somebody", "other"],
  ];
  for (const [maker, kind] of makers) {
    it(`takes ${maker} for ${kind}`, () => {
      const text = JSON.stringify(meshed()).replace("weft/webhook 1.0.0", maker);
      expect(podState(JSON.parse(text) as JsonObject, namespace(), mesh())).to.have.nested.property("by.kind", kind);
    });
  }

  it("knows a pod injected by hand", () => {
    const made = injectManually({
      object: pod(),
      installation: installation(),
      added: {},
      createdBy: "weft/cli 1.0.0",
    });
    const object = "object" in made ? stored(made.object) : {};
    const found = podState(object, namespace(), mesh());
    expect(found).to.have.nested.property("by.kind", "manual");
    expect(fieldsOf(found)).to.deep.equal(["same"]);
  });

  const anchors: readonly (readonly [string, string, Trust])[] = [
    ["as stored", "a,b", { kind: "stored" }],
    ["in another order", "b,a", { kind: "stored" }],
    ["with one more stored", "a,b,c", { kind: "other", lacking: ["c"], surplus: [] }],
    ["with another one stored", "a,c", { kind: "other", lacking: ["c"], surplus: ["b"] }],
  ];
  for (const [claim, now, trust] of anchors) {
    it(`compares the trust anchors: ${claim}`, () => {
      const found = podState(
        meshed({ identityTrustAnchorsPEM: "a,b" }),
        namespace(),
        mesh({ identityTrustAnchorsPEM: now }),
      );
      expect(found).to.have.property("trust").that.deep.equals(trust);
      expect(fieldsOf(found)).to.deep.equal(["same"]);
    });
  }
});

describe("the state of a pod without a proxy", () => {
  const rows: readonly (readonly [string, JsonObject, NamespaceNow, MeshNow, Unmeshed["asked"], WhyUnmeshed])[] = [
    ["nobody asks", pod(), namespace(), mesh(), "", { kind: "not asked" }],
    [
      "it wants none",
      pod({ annotations: { "linkerd.io/inject": "disabled" } }),
      asks,
      mesh(),
      "",
      { kind: "opted out" },
    ],
    ["webhook away", pod(), asks, mesh(), "namespace", { kind: "passed by" }],
    ["webhook away, and it asks by itself", asking(), namespace(), mesh(), "workload", { kind: "passed by" }],
    [
      "its namespace asked later",
      pod(),
      { ...asks, asked: at("13:00") },
      mesh(),
      "namespace",
      { kind: "older", than: "annotation", since: at("13:00") },
    ],
    [
      "weft came later",
      asking(),
      namespace(),
      mesh({}, { registration: { reach: { namespace: "weft" }, made: at("14:00") } }),
      "workload",
      { kind: "older", than: "registration", since: at("14:00") },
    ],
    [
      "skipped",
      pod({ spec: { hostNetwork: true } }),
      asks,
      mesh(),
      "namespace",
      { kind: "skipped", reasons: ["host_network_enabled"] },
    ],
    [
      "a value that nobody knows",
      pod({ annotations: { "linkerd.io/inject": "true" } }),
      namespace(),
      mesh(),
      "workload",
      { kind: "skipped", reasons: ["invalid_inject_annotation_at_workload"] },
    ],
    ["excluded", pod(), { ...asks, name: "kube-system" }, mesh(), "namespace", { kind: "not seen" }],
    ["no registration", pod(), asks, mesh({}, { registration: undefined }), "namespace", { kind: "not seen" }],
    [
      "settings that cannot inject",
      pod(),
      asks,
      mesh({ clusterNetworks: "nonsense" }),
      "namespace",
      { kind: "faulted", issues: [{ at: "clusterNetworks", message: '"nonsense" is not a network in CIDR form' }] },
    ],
  ];
  for (const [claim, object, where, now, asked, why] of rows) {
    it(claim, () => {
      expect(podState(stored(object), where, now)).to.deep.include({ kind: "unmeshed", asked, why });
    });
  }

  it("is told when it is no pod", () => {
    expect(podState({ metadata: { name: "x" }, spec: { containers: "none" } }, asks, mesh())).to.deep.include({
      kind: "unreadable",
      issues: [{ at: "/spec/containers", message: 'expected a list, got "none"' }],
    });
  });
});
