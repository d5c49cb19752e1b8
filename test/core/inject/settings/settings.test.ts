import { expect } from "chai";
import { defaultValues } from "../../../../src/core/inject/settings/defaults.ts";
import { isSettingPath, readSettings, settingPaths } from "../../../../src/core/inject/settings/settings.ts";
import type { Json } from "../../../../src/core/base/json/json.ts";
import { asking, containerIn, injectedInto, installation, values, variableIn } from "../../../support/injection.ts";

const issuesOf = (settings: Json): readonly string[] => {
  const read = readSettings(settings);
  return "issues" in read ? read.issues.map(({ at, message }) => `${at}: ${message}`) : [];
};

describe("settings", () => {
  it("tell every problem at once, each with its path", () => {
    const wrong = values({
      clusterDomain: {},
      cniEnabled: "true",
      "proxy.ports.inbound": "4143",
      "proxy.ports.admin": 1.5,
      "proxy.resources.cpu": "1",
      "proxy.tracing.labels": { a: [] },
      "proxy.securityContext": [],
      "proxy.capabilities": { add: "NET_ADMIN" },
      "proxy.additionalEnv": [{ name: "A" }, { name: {} }],
      "proxy.inbound": { server: { http2: { keepAlive: {} } } },
      "proxy.livenessProbe.initialDelaySeconds": -1,
    });
    expect(issuesOf(wrong)).to.deep.equal([
      "clusterDomain: expected text, got {}",
      'cniEnabled: expected true or false, got "true"',
      "proxy.additionalEnv[1].name: expected an environment variable: name, value as text, valueFrom as a map",
      'proxy.capabilities.add: expected a list of text, got "NET_ADMIN"',
      "proxy.inbound.server.http2.keepAlive: expected a plain value, got {}",
      "proxy.livenessProbe.initialDelaySeconds: expected a whole number, 0 or more, got -1",
      "proxy.ports.admin: expected a whole number, got 1.5",
      'proxy.ports.inbound: expected a whole number, got "4143"',
      'proxy.resources.cpu: expected a map, got "1"',
      "proxy.securityContext: expected a map, got []",
      "proxy.tracing.labels.a: expected text, got []",
    ]);
  });

  it("must be a map", () => {
    expect(issuesOf("x")).to.deep.equal([": the settings must be a map of Helm values"]);
    expect(issuesOf([])).to.deep.equal([": the settings must be a map of Helm values"]);
  });

  const accepted: readonly [claim: string, settings: Json][] = [
    ["the chart's values", defaultValues],
    ["no values at all", {}],
    ["an empty document", null],
    ["unknown keys", { nonsense: { deep: [1] }, proxy: { enableH2Upgrade: true, requireTLSOnInboundPorts: "80" } }],
    [
      "null wherever a value may stand",
      { proxy: null, proxyInit: { xtMountPath: null }, cniEnabled: null, clusterDomain: null },
    ],
    ["settings that only injection would mind", { clusterNetworks: "nonsense", proxyInit: { iptablesMode: "ebpf" } }],
    ["a whole number with a decimal point", JSON.parse('{"proxy":{"uid":2102.0}}') as Json],
    ["keys of JavaScript's own", JSON.parse('{"__proto__":{"a":1},"proxy":{"__proto__":1,"constructor":2}}') as Json],
  ];
  for (const [claim, settings] of accepted) {
    it(`may be ${claim}`, () => {
      expect(issuesOf(settings)).to.deep.equal([]);
    });
  }

  it("take numbers and booleans for text, as Kubernetes' YAML reader does", () => {
    const unquoted = installation({
      "proxy.resources.cpu.limit": 1,
      "proxy.resources.memory.limit": 1e9,
      "proxy.image.version": 2.14,
      "proxy.logLevel": true,
      "proxy.additionalEnv": [{ name: "A", value: 0.5 }],
    });
    const proxy = containerIn(injectedInto(asking(), { installation: unquoted }), "linkerd-proxy");
    expect(proxy).to.deep.include({
      image: "cr.l5d.io/linkerd/proxy:2.14",
      resources: { limits: { cpu: "1", memory: "1000000000" } },
    });
    expect(JSON.stringify(proxy))
      .to.include('"value":"true,[{headers}]=off')
      .and.to.include('{"name":"A","value":"0.5"}');
  });

  it("have a path each, and no other", () => {
    expect(settingPaths).to.include("proxy.ports.inbound").and.not.to.include("toString");
    expect(["proxy.ports.inbound", "proxy.ports", "toString", ""].map(isSettingPath)).to.deep.equal([
      true,
      false,
      false,
      false,
    ]);
  });
});

describe("missing blocks of settings", () => {
  it("without proxy.runtime there are no CORES variables", () => {
    const without = { installation: installation({ "proxy.runtime": undefined }) };
    expect(variableIn(injectedInto(asking(), without), "CORES")).to.equal(undefined);
    const withTimeout = asking({ annotations: { "config.linkerd.io/proxy-cpu-limit": "1500m" } });
    expect(variableIn(injectedInto(withTimeout, without), "CORES_MAX")).to.equal("2");
  });

  it("without proxy.control the three stream variables are empty", () => {
    const after = injectedInto(asking(), { installation: installation({ "proxy.control": undefined }) });
    const names = ["INITIAL_TIMEOUT", "IDLE_TIMEOUT", "LIFETIME"].map((name) => `CONTROL_STREAM_${name}`);
    expect(names.map((name) => variableIn(after, name))).to.deep.equal(["", "", ""]);
  });

  it("without proxy.tracing there is no tracing, and trace attributes do nothing", () => {
    const traced = asking({ annotations: { "resource.opentelemetry.io/team": "a" } });
    const after = injectedInto(traced, { installation: installation({ "proxy.tracing": undefined }) });
    expect(JSON.stringify(containerIn(after, "linkerd-proxy"))).not.to.include("TRACE");
  });

  const blocks: readonly [block: string, annotation: string, value: string, expected: (proxy: string) => boolean][] = [
    [
      "proxy.metrics",
      "proxy-metrics-hostname-labels",
      "true",
      (proxy) => proxy.includes('HOSTNAME_LABELS","value":"true"'),
    ],
    [
      "proxy.resources",
      "proxy-memory-limit",
      "1Gi",
      (proxy) => proxy.includes('"resources":{"limits":{"memory":"1Gi"}}'),
    ],
    ["proxy.image", "proxy-image", "example.test/proxy", (proxy) => proxy.includes('"image":"example.test/proxy:')],
    ["debugContainer", "debug-image", "example.test/debug", () => true],
    ["proxyInit.xtMountPath", "proxy-await", "disabled", () => true],
  ];
  for (const [block, annotation, value, holds] of blocks) {
    it(`S-19: without ${block}, ${annotation} works all the same`, () => {
      const asked = asking({ annotations: { [`config.linkerd.io/${annotation}`]: value } });
      const after = injectedInto(asked, { installation: installation({ [block]: undefined }) });
      expect(holds(JSON.stringify(containerIn(after, "linkerd-proxy")))).to.equal(true);
    });
  }
});
