/** Typing mistakes in values files. */
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { defaultValues } from "../../../src/core/inject/settings/defaults.ts";
import { settingPaths } from "../../../src/core/inject/settings/settings.ts";
import { reasonsByPath } from "../../../src/core/install/unheeded.ts";
import { overlayOf } from "../../../src/core/install/overlay.ts";
import { chartIssues, valuesIssues } from "../../../src/core/install/values-issues.ts";
import { meshValuePaths } from "../../../src/core/view/mesh-values.ts";
import { chartKeys } from "../../../src/core/mesh/private-keys.ts";
import { issueText } from "../../../src/core/base/text/issue.ts";
import type { Json, JsonObject } from "../../../src/core/base/json/json.ts";

/** ConfigMap linkerd-config as Linkerd's chart fills it. */
const chart = JSON.parse(
  readFileSync(new URL("../../conformance/settings.json", import.meta.url), "utf8"),
) as JsonObject;
const lines = (values: JsonObject): readonly string[] => valuesIssues(values).map(issueText);

describe("install/values-issues", () => {
  it("the chart's own values have none, nor have weft's usual ones", () => {
    expect(lines(chart)).to.deep.equal([]);
    expect(lines(defaultValues)).to.deep.equal([]);
  });

  it("whatever weft reads is known", () => {
    const read = [
      ...settingPaths,
      ...meshValuePaths,
      ...Object.keys(reasonsByPath),
      ...chartKeys.map((key) => key.join(".")),
    ];
    const unknown = read.filter((path) => lines(overlayOf(path, "x")).some((line) => line.includes("there is no")));
    expect(unknown).to.deep.equal([]);
  });

  const rows: readonly [path: string, value: Json, issues: readonly string[]][] = [
    [
      "identity.issuer.tls.keyPEM",
      "key",
      ["identity.issuer.tls.keyPEM: has no crtPEM beside it: a key is used with its certificate alone"],
    ],
    ["identity.issuer.tls", { keyPEM: "key", crtPEM: "certificate" }, []],
    [
      "proxyInjector.keyPEM",
      "key",
      ["proxyInjector.keyPEM: has no crtPEM beside it: a key is used with its certificate alone"],
    ],
    [
      "proxy.imagee.name",
      "x",
      ["proxy.imagee: there is no value proxy.imagee in Linkerd's chart; did you mean proxy.image?"],
    ],
    ["viz.enabled", true, ["viz: there is no value viz in Linkerd's chart"]],
    ["proxy.logLevel", 5, ["proxy.logLevel: expected text, got 5"]],
    ["proxi.logLevel", "x", ["proxi: there is no value proxi in Linkerd's chart; did you mean proxy?"]],
    [
      "clusterNetwork",
      "x",
      ["clusterNetwork: there is no value clusterNetwork in Linkerd's chart; did you mean clusterNetworks?"],
    ],
    ["logLevel", "debug", ["logLevel: there is no value logLevel in Linkerd's chart; did you mean proxy.logLevel?"]],
    ["proxy.ports.inbound", "4143", ['proxy.ports.inbound: expected a number, got "4143"']],
    ["proxy", "x", ['proxy: expected a map, got "x"']],
    ["proxyInit.capabilities.add", "NET_ADMIN", ['proxyInit.capabilities.add: expected a list, got "NET_ADMIN"']],
    ["tolerations", {}, ["tolerations: expected a list, got {}"]],
    ["constructor", 1, ["constructor: there is no value constructor in Linkerd's chart"]],
    ["a\u001b[2J", 1, ['a\u001b[2J: there is no value "a\\u001b[2J" in Linkerd\'s chart']],
    ["weft.replcas", 3, ["weft.replcas: is not known; did you mean weft.replicas?"]],
    ["proxy.resources.cpu.limit", 1, []],
    ["proxyInit.ignoreInboundPorts", 25, []],
    ["proxy.inbound.server.http9.anything", 1, []],
    ["nodeSelector.anything", "x", []],
    ["global.anything", "x", []],
    [
      "enableH2Upgrad",
      false,
      ["enableH2Upgrad: there is no value enableH2Upgrad in Linkerd's chart; did you mean enableH2Upgrade?"],
    ],
    ["proxy.logLevel", null, []],
    ["proxy.imagee", null, []],
  ];
  for (const [path, value, issues] of rows)
    it(`${path}=${JSON.stringify(value)}: ${issues.length === 0 ? "is taken" : "is told"}`, () =>
      expect(lines(overlayOf(path, value))).to.deep.equal(issues));

  it("compares a few of thousands of unknown keys with those that are known", () => {
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`logLevel${index}`, 1]));
    const told = chartIssues({ proxy: many });
    expect(told).to.have.length(5000);
    expect(told.filter(({ message }) => message.includes("did you mean"))).to.have.length(20);
  });
});
