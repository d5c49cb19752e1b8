import { readFileSync } from "node:fs";
import { expect } from "chai";
import { defaultValues } from "../../../src/core/inject/settings/defaults.ts";
import { resolveOptions } from "../../../src/core/install/choices.ts";
import { unheeded, unheededText } from "../../../src/core/install/unheeded.ts";
import { issueText } from "../../../src/core/base/text/issue.ts";
import type { JsonObject } from "../../../src/core/base/json/json.ts";

/** ConfigMap linkerd-config as Linkerd's chart fills it. */
const chart = JSON.parse(
  readFileSync(new URL("../../conformance/settings.json", import.meta.url), "utf8"),
) as JsonObject;

describe("install/unheeded", () => {
  it("the chart's own values are none", () => {
    expect(unheeded(chart)).to.deep.equal([]);
    expect(unheeded(defaultValues)).to.deep.equal([]);
  });

  const http2 = (keep_alive: JsonObject, more: JsonObject = {}): JsonObject => ({
    destinationController: { meshedHttp2ClientProtobuf: { keep_alive, ...more } },
  });
  const rows: readonly [claim: string, values: JsonObject, paths: readonly string[]][] = [
    ["what injection heeds", { proxy: { logLevel: "debug", inbound: { anything: { below: 1 } } } }, []],
    [
      "what the control plane heeds",
      { enableH2Upgrade: false, policyController: { probeNetworks: ["10.0.0.0/8"] } },
      [],
    ],
    ["what installing heeds", { webhookFailurePolicy: "Fail", identity: { issuer: { issuanceLifetime: "48h" } } }, []],
    ["what is weft's", { weft: { replicas: 7 } }, []],
    ["a number that is another one", { controllerReplicas: 3 }, ["controllerReplicas"]],
    ["the number that it is anyway", { controllerReplicas: 1 }, []],
    ["blank values", { podLabels: {}, prometheusUrl: "", imagePullSecrets: [], disableHeartBeat: false, a: null }, []],
    [
      "beside one that is heeded",
      { policyController: { logLevel: "debug", probeNetworks: [] } },
      ["policyController.logLevel"],
    ],
    [
      "a blank where the chart has something",
      { nodeSelector: { "kubernetes.io/os": "" } },
      ["nodeSelector.kubernetes.io/os"],
    ],
    [
      "a list",
      { policyValidator: { namespaceSelector: { matchExpressions: [] } } },
      ["policyValidator.namespaceSelector.matchExpressions"],
    ],
    ["no value of the chart at all, which is told elsewhere", { proxi: { logLevel: "debug" } }, []],
    [
      "the pings of HTTP/2 that are heeded",
      http2({ interval: { seconds: 5 }, timeout: { seconds: 2 }, while_idle: false }),
      [],
    ],
    [
      "what else is said of HTTP/2",
      http2({ interval: { seconds: 5, nanos: 5 } }, { initial_stream_window_size: 65_535 }),
      [
        "destinationController.meshedHttp2ClientProtobuf.keep_alive.interval.nanos",
        "destinationController.meshedHttp2ClientProtobuf.initial_stream_window_size",
      ],
    ],
  ];
  for (const [claim, values, paths] of rows)
    it(`${claim}: ${paths.join(", ") || "none"}`, () => expect(unheeded(values)).to.deep.equal(paths));

  it("are told in one line, with what to use in their place, and no more than a hundred", () => {
    expect(unheededText(["controllerReplicas", "a", "b", "podMonitor.enabled", "disableHeartBeat"])).to.equal(
      "controllerReplicas (use weft.replicas and weft.controller.replicas); a, b; podMonitor.enabled (weft installs no PodMonitor); disableHeartBeat (weft sends no heartbeat)",
    );
    expect(unheededText(Array.from({ length: 103 }, (_, index) => `a${index}`))).to.match(/, a99; and 3 more$/);
    expect(unheededText(["a\n\u001b[2J"])).to.equal(JSON.stringify("a\n\u001b[2J"));
  });

  const asked = (given: JsonObject) =>
    resolveOptions({
      namespace: "weft",
      version: "1.0.0",
      base: defaultValues,
      given,
      trustAnchors: "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n",
      ...(given["weft"] === undefined && { issuer: { certificate: "", key: "" } }),
      files: undefined,
      sha256: () => "0",
    });
  const told = (given: JsonObject): readonly string[] => {
    const result = asked(given);
    return ("issues" in result ? result.issues : result.value.warnings).map(issueText);
  };
  const installs: readonly [claim: string, given: JsonObject, lines: readonly string[]][] = [
    [
      "names them once",
      { controllerReplicas: 3, disableHeartBeat: true },
      [
        "values: without effect: controllerReplicas (use weft.replicas and weft.controller.replicas); disableHeartBeat (weft sends no heartbeat)",
      ],
    ],
    ["is silent of a Linkerd's that has its own", { weft: { controlPlane: "linkerd" }, controllerReplicas: 3 }, []],
    [
      "refuses what the control plane could not read",
      { policyController: { probeNetworks: ["10.0.0.0/33"] }, enableH2Upgrade: "no" },
      [
        "enableH2Upgrade: expected true or false",
        "policyController.probeNetworks: expected a list of networks in CIDR form",
      ],
    ],
  ];
  for (const [claim, given, lines] of installs)
    it(`weft install ${claim}`, () => expect(told(given)).to.deep.equal(lines));
});
