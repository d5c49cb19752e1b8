import { readFileSync } from "node:fs";
import { expect } from "chai";
import { defaultValues } from "../../../src/core/inject/settings/defaults.ts";
import { explain } from "../../../src/core/inject/explain.ts";
import type { Explanation } from "../../../src/core/inject/explain.ts";
import { inject } from "../../../src/core/inject/inject.ts";
import { readInstallation } from "../../../src/core/inject/settings/installation.ts";
import type { InjectRequest } from "../../../src/core/inject/request.ts";
import type { Annotations, JsonObject } from "../../../src/core/base/json/json.ts";
import { cases, installationOf } from "../../conformance/cases.ts";

const read = readInstallation({
  values: { ...defaultValues, identityTrustAnchorsPEM: "anchors" },
  sha256: () => "hash",
});
if ("issues" in read) throw new Error("the default values are good");
const { installation } = read.value;

interface Given {
  readonly pod?: Annotations;
  readonly namespace?: Annotations;
  readonly spec?: JsonObject;
  readonly object?: JsonObject;
}

const enabled = { "linkerd.io/inject": "enabled" };

const request = ({ pod = {}, namespace = enabled, spec = {}, object }: Given): InjectRequest => ({
  object: object ?? {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web", annotations: pod },
    spec: { containers: [{ name: "app", image: "app:1", ports: [{ containerPort: 8080, name: "http" }] }], ...spec },
  },
  namespace: { name: "shop", annotations: namespace },
  owner: { kind: "deployment", name: "web" },
  installation,
  createdBy: "weft/webhook 0",
});

const explained = (given: Given): Explanation => explain(request(given));

describe("explain", () => {
  const decisions: readonly [claim: string, given: Given, expected: Partial<Explanation>][] = [
    ["a pod that its namespace has in the mesh", {}, { outcome: "injected", askedBy: "namespace", reasons: [] }],
    [
      "a pod that asks itself",
      { pod: enabled, namespace: {} },
      { outcome: "injected", askedBy: "workload", namespace: "shop" },
    ],
    ["an object that is not a pod", { object: { kind: "ConfigMap" } }, { outcome: "skipped", containers: [] }],
    [
      "an object that cannot be read",
      { spec: { containers: "none" } },
      {
        outcome: "refused",
        subject: { kind: "pod", name: "web" },
        checks: [],
        issues: [{ at: "/spec/containers", message: 'expected a list, got "none"' }],
      },
    ],
  ];
  for (const [claim, given, expected] of decisions) {
    it(`tells of ${claim}`, () => expect(explained(given)).to.deep.include(expected));
  }

  const held: readonly [claim: string, given: Given, check: string, found: string][] = [
    ["the node's network", { spec: { hostNetwork: true } }, "host_network_enabled", "spec.hostNetwork is true"],
    [
      "a proxy that is there",
      { spec: { initContainers: [{ name: "istio-proxy" }] } },
      "sidecar_already_exists",
      "container istio-proxy",
    ],
    [
      "a container named as the init container",
      { spec: { containers: [{ name: "linkerd-init" }] } },
      "sidecar_already_exists",
      "container linkerd-init",
    ],
    [
      "nobody who asked",
      { namespace: {} },
      "injection_enable_annotation_absent",
      "linkerd.io/inject is absent on the pod and absent on the namespace",
    ],
    [
      "a pod that refuses",
      { pod: { "linkerd.io/inject": "disabled" } },
      "injection_disable_annotation_present",
      'linkerd.io/inject is "disabled" on the pod and "enabled" on the namespace',
    ],
    [
      "a mistyped value",
      { pod: { "linkerd.io/inject": "enable" } },
      "invalid_inject_annotation_at_workload",
      'linkerd.io/inject is "enable" on the pod and "enabled" on the namespace',
    ],
  ];
  for (const [claim, given, check, found] of held) {
    it(`names the check that found ${claim}, and what to do`, () => {
      const { outcome, checks, reasons } = explained(given);
      expect(outcome).to.equal("skipped");
      expect(checks.filter(({ holds }) => holds)).to.deep.equal([{ check, holds: true, found }]);
      expect(reasons.map(({ reason }) => reason)).to.deep.equal([check]);
      expect(reasons[0]?.advice).to.have.length.greaterThan(20);
    });
  }

  const texts: readonly [claim: string, given: Given, expected: JsonObject][] = [
    [
      "a value of the pod",
      { pod: { "config.linkerd.io/proxy-log-format": "json" } },
      {
        annotation: "config.linkerd.io/proxy-log-format",
        value: "json",
        from: "pod",
        meaning: "log format of the proxy",
        used: true,
        changes: [{ setting: "proxy.logFormat", before: '"plain"', after: '"json"' }],
      },
    ],
    [
      "a value of the namespace that sets two settings",
      { namespace: { ...enabled, "config.linkerd.io/proxy-cpu-limit": "1500m" } },
      {
        annotation: "config.linkerd.io/proxy-cpu-limit",
        value: "1500m",
        from: "namespace",
        meaning: "CPU limit of the proxy; its whole cores are the most workers",
        used: true,
        changes: [
          { setting: "proxy.resources.cpu.limit", before: "unset", after: '"1500m"' },
          { setting: "proxy.runtime.workers.maximum", before: "0", after: "2" },
        ],
      },
    ],
    [
      "a value that is the setting already",
      { pod: { "config.linkerd.io/proxy-log-format": "plain" } },
      {
        annotation: "config.linkerd.io/proxy-log-format",
        value: "plain",
        from: "pod",
        meaning: "log format of the proxy",
        used: true,
        changes: [],
      },
    ],
    [
      "a value that cannot be used",
      { pod: { "config.linkerd.io/admin-port": "none" } },
      {
        annotation: "config.linkerd.io/admin-port",
        value: "none",
        from: "pod",
        meaning: "port of the proxy's metrics and probes",
        used: false,
        changes: [],
        warning: 'config.linkerd.io/admin-port: "none" is not a port from 1 to 65535; proxy.ports.admin stays 4191',
      },
    ],
    [
      "a value without effect",
      { pod: { "config.linkerd.io/debug-image": "dbg" } },
      {
        annotation: "config.linkerd.io/debug-image",
        value: "dbg",
        from: "pod",
        meaning: "image of the debug container",
        used: true,
        changes: [{ setting: "debugContainer.image.name", before: '"cr.l5d.io/linkerd/debug"', after: '"dbg"' }],
        warning:
          'config.linkerd.io/debug-image has no effect: there is no debug container without config.linkerd.io/enable-debug-sidecar: "true"',
      },
    ],
  ];
  for (const [claim, given, expected] of texts) {
    it(`says what became of ${claim}`, () => expect(explained(given).annotations).to.deep.equal([expected]));
  }

  it("lets the pod's own value win, and names the pod", () => {
    const key = "config.linkerd.io/proxy-log-format";
    const { annotations } = explained({ pod: { [key]: "json" }, namespace: { ...enabled, [key]: "plain" } });
    expect(annotations.map(({ from, value }) => [from, value])).to.deep.equal([["pod", "json"]]);
  });

  it("tells what became of attributes of spans", () => {
    const key = "resource.opentelemetry.io/team";
    const pod = { [key]: "web", "resource.opentelemetry.io/bad": "a\nb" };
    const told = (enabled: boolean): readonly unknown[] => {
      const settings = { ...installation.settings, "proxy.tracing.enabled": enabled };
      const endpoint = {
        "proxy.tracing.collector.endpoint": "c:1",
        "proxy.tracing.collector.meshIdentity.serviceAccountName": "c",
        "proxy.tracing.collector.meshIdentity.namespace": "c",
      };
      const traced = { ...installation, settings: { ...settings, ...endpoint } };
      return explain({ ...request({ pod }), installation: traced }).annotations.map((trace) => [
        trace.used,
        ...trace.changes.map(({ setting, before, after }) => `${setting}: ${before} → ${after}`),
        ...(trace.warning === undefined ? [] : [trace.warning]),
      ]);
    };
    expect(told(true)).to.deep.equal([
      [true, 'proxy.tracing.labels.team: unset → "web"'],
      [false, "resource.opentelemetry.io/bad is left out: its value must be one line"],
    ]);
    const off = "has no effect: proxy.tracing.enabled is false";
    expect(told(false)).to.deep.equal([
      [false, off],
      [false, off],
    ]);
  });

  it("lists what stays: every setting is either changed or kept", () => {
    const before = explained({}).kept.map(({ setting }) => setting);
    const { kept } = explained({ pod: { "config.linkerd.io/admin-port": "none", "config.linkerd.io/proxy-uid": "7" } });
    expect(before).to.include("proxy.uid");
    expect(kept.map(({ setting }) => setting)).to.deep.equal(before.filter((setting) => setting !== "proxy.uid"));
    expect(kept).to.deep.include({ setting: "proxy.ports.admin", value: "4191" });
  });

  const opaque: readonly [claim: string, given: Given, expected: Explanation["opaquePorts"]][] = [
    [
      "the pod's list, names resolved",
      { pod: { "config.linkerd.io/opaque-ports": "http,9" } },
      { annotation: "http,9", proxy: "8080,9", from: "pod" },
    ],
    [
      "the namespace's list",
      { namespace: { ...enabled, "config.linkerd.io/opaque-ports": "9" } },
      { annotation: "9", proxy: "9", from: "namespace" },
    ],
    [
      "the switch of the namespace",
      { namespace: { ...enabled, "linkerd.io/enable-opaque-ports": "true" } },
      { annotation: "1-65535", proxy: "1-65535", from: "namespace switch" },
    ],
    [
      "the defaults that the pod exposes",
      { spec: { containers: [{ name: "db", ports: [{ containerPort: 3306 }] }] } },
      { annotation: "3306", proxy: "3306", from: "default" },
    ],
    [
      "the whole default list where the pod exposes none of it",
      {},
      { annotation: "", proxy: installation.settings["proxy.opaquePorts"], from: "default" },
    ],
    [
      "a list on a pod without proxy",
      { namespace: {}, pod: { "config.linkerd.io/opaque-ports": "9" } },
      { annotation: "9", from: "pod" },
    ],
    ["no list on a pod without proxy", { namespace: {} }, undefined],
  ];
  for (const [claim, given, expected] of opaque) {
    it(`opaque ports: ${claim}`, () => expect(explained(given).opaquePorts).to.deep.equal(expected));
  }

  it("lists the containers that result, those added marked", () => {
    const { containers, inboundPorts } = explained({ pod: { "config.linkerd.io/enable-debug-sidecar": "true" } });
    expect(containers.map(({ name, kind, added }) => [name, kind, added])).to.deep.equal([
      ["linkerd-init", "init", true],
      ["linkerd-proxy", "sidecar", true],
      ["app", "regular", false],
      ["linkerd-debug", "regular", true],
    ]);
    expect(inboundPorts).to.equal("8080");
  });

  it("tells of an injection that comes again as one whose ports follow", () => {
    const first = inject(request({}));
    if (first.kind !== "injected") throw new Error(first.kind);
    expect(explained({ object: first.object })).to.deep.include({ outcome: "updated", checks: [], annotations: [] });
  });

  it("has the members that docs/explain.md tells of, up to those that only the command has", () => {
    const page = readFileSync(new URL("../../../docs/explain.md", import.meta.url), "utf8");
    const told = [...page.matchAll(/^\| `(\w+)`/gm)].map(([, member]) => member);
    expect(Object.keys({ manifest: {}, ...explained({}) })).to.deep.equal(told.slice(0, told.indexOf("issues") + 1));
  });

  it("agrees with inject on every recorded case", () => {
    for (const recorded of cases) {
      const asked: InjectRequest = {
        ...request({ object: recorded.object }),
        namespace: { name: recorded.namespace.name, annotations: recorded.namespace.annotations ?? {} },
        installation: installationOf(recorded),
      };
      const injection = inject(asked);
      const { outcome, reasons, warnings, checks } = explain(asked);
      expect(outcome, recorded.id).to.equal(injection.kind);
      expect(warnings, recorded.id).to.deep.equal("warnings" in injection ? injection.warnings : []);
      const codes = reasons.map(({ reason }) => reason);
      expect(codes, recorded.id).to.deep.equal("reasons" in injection ? injection.reasons : []);
      const holding = checks.filter(({ holds }) => holds).map(({ check }) => check);
      if (outcome !== "refused" && outcome !== "updated") expect(holding, recorded.id).to.deep.equal(codes);
    }
  });
});
