import { expect } from "chai";
import { webhookFlags, webhookOptions } from "../../../src/serve/webhook/flags.ts";
import type { Environment, Given } from "../../../src/serve/flags.ts";
import type { WebhookOptions } from "../../../src/serve/webhook/flags.ts";
import { issueText } from "../../../src/core/base/text/issue.ts";

const defaultValue: WebhookOptions = {
  address: { port: 8443 },
  adminAddress: { port: 9995 },
  settings: undefined,
  settingsConfigMap: undefined,
  trustAnchorsConfigMap: undefined,
  trustAnchors: undefined,
  tlsDir: undefined,
  clientCa: undefined,
  clientCertificates: "asked",
  clientNames: [],
  objects: [],
  controlPlaneNamespace: "linkerd",
  kubeconfig: undefined,
  context: undefined,
  namespace: "weft",
  service: "weft-injector",
  certificatesSecret: undefined,
  events: "asked",
  logLevel: "info",
  logFormat: "plain",
  gracePeriod: 5000,
};

const good: readonly [claim: string, given: Given, environment: Environment, changed: Partial<WebhookOptions>][] = [
  ["nothing", {}, {}, {}],
  ["a flag", { address: "127.0.0.1:443" }, {}, { address: { host: "127.0.0.1", port: 443 } }],
  ["a variable", {}, { WEFT_LOG_LEVEL: "panic" }, { logLevel: "panic" }],
  ["a flag over a variable", { logFormat: "json" }, { WEFT_LOG_FORMAT: "xml" }, { logFormat: "json" }],
  ["an empty variable as none", {}, { WEFT_ADDRESS: "", WEFT_OBJECTS: "" }, {}],
  ["several files", { objects: ["a", "b"] }, { WEFT_OBJECTS: "c" }, { objects: ["a", "b"] }],
  ["several files in a variable", {}, { WEFT_OBJECTS: "a:b" }, { objects: ["a", "b"] }],
  ["a choice", { events: "all" }, {}, { events: "all" }],
  [
    "what a file is mounted from",
    { settings: "values", settingsConfigMap: "linkerd-config" },
    {},
    { settings: "values", settingsConfigMap: "linkerd-config" },
  ],
  ["a Secret", {}, { WEFT_CERTIFICATES_SECRET: "weft-tls" }, { certificatesSecret: "weft-tls" }],
  ["a grace period", { gracePeriod: "1.5s" }, {}, { gracePeriod: 1500 }],
  ["no grace period", { gracePeriod: "0s" }, {}, { gracePeriod: 0 }],
  [
    "files and folders",
    { settings: "s", trustAnchors: "t", tlsDir: "d" },
    {},
    { settings: "s", trustAnchors: "t", tlsDir: "d" },
  ],
];

const bad: readonly [given: Given, environment: Environment, issues: readonly string[]][] = [
  [
    { address: "8443", gracePeriod: "1h" },
    { WEFT_LOG_LEVEL: "loud" },
    [
      '--address: "8443" is not an address such as :8443, 127.0.0.1:8443 or [::1]:8443',
      'WEFT_LOG_LEVEL: "loud" is not one of panic, fatal, error, warn, info, debug, trace',
      '--grace-period: "1h" is not a duration from 0s to 5m, such as 5s',
    ],
  ],
  [{ gracePeriod: "-1s" }, {}, ['--grace-period: "-1s" is not a duration from 0s to 5m, such as 5s']],
  [
    { settingsConfigMap: "linkerd-config" },
    { WEFT_TRUST_ANCHORS_CONFIG_MAP: "roots" },
    [
      "--settings-config-map: needs --settings, the file that it is mounted as",
      "--trust-anchors-config-map: needs --trust-anchors, the file that it is mounted as",
    ],
  ],
  [{ events: "some" }, {}, ['--events: "some" is not asked, all, none']],
  [
    { certificatesSecret: "a..b" },
    {},
    ['--certificates-secret: "a..b" is not a name of a Secret (RFC 1123 subdomain)'],
  ],
  [{ logFormat: "xml" }, {}, ['--log-format: "xml" is not plain or json']],
  [
    { controlPlaneNamespace: "Linkerd" },
    {},
    ['--control-plane-namespace: "Linkerd" is not a namespace name (RFC 1123 label)'],
  ],
];

describe("the flags of weft webhook", () => {
  for (const [claim, given, environment, changed] of good) {
    it(`take ${claim}`, () => {
      expect(webhookOptions(given, environment)).to.deep.equal({ value: { ...defaultValue, ...changed } });
    });
  }
  for (const [given, environment, issues] of bad) {
    it(`refuse ${JSON.stringify({ ...given, ...environment })}`, () => {
      const read = webhookOptions(given, environment);
      expect("issues" in read && read.issues.map(issueText)).to.deep.equal(issues);
    });
  }
  it("have their environment variable's name from their own", () => {
    for (const { name, environment } of webhookFlags) {
      expect(environment).to.equal(`WEFT_${name.slice(2).toUpperCase().replaceAll("-", "_")}`);
    }
  });
});
