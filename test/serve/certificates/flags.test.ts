import { expect } from "chai";
import { certificatesFlags, certificatesOptions } from "../../../src/serve/certificates/flags.ts";
import type { CertificatesOptions } from "../../../src/serve/certificates/flags.ts";
import type { Environment, Given } from "../../../src/serve/flags.ts";
import { issueText } from "../../../src/core/base/text/issue.ts";

const defaultValue: CertificatesOptions = {
  adminAddress: { port: 9995 },
  kubeconfig: undefined,
  context: undefined,
  namespace: "weft",
  service: "weft-injector",
  caSecret: "weft-ca",
  certificatesSecret: "weft-tls",
  caLife: 8760 * 3_600_000,
  certificateLife: 2160 * 3_600_000,
  missedPodsEvery: undefined,
  logLevel: "info",
  logFormat: "plain",
  mutatingConfiguration: [],
  validatingConfiguration: [],
};

const good: readonly [claim: string, given: Given, environment: Environment, changed: Partial<CertificatesOptions>][] =
  [
    ["nothing", {}, {}, {}],
    ["Secrets", { caSecret: "a" }, { WEFT_CERTIFICATES_SECRET: "b" }, { caSecret: "a", certificatesSecret: "b" }],
    ["lives", { caLife: "30s" }, { WEFT_CERTIFICATE_LIFE: "10s" }, { caLife: 30_000, certificateLife: 10_000 }],
    ["how often to count", { missedPodsEvery: "2m" }, {}, { missedPodsEvery: 120_000 }],
    [
      "several configurations",
      { mutatingConfiguration: ["a", "b"] },
      { WEFT_VALIDATING_CONFIGURATION: "c:d" },
      { mutatingConfiguration: ["a", "b"], validatingConfiguration: ["c", "d"] },
    ],
  ];

const bad: readonly [given: Given, issues: readonly string[]][] = [
  [{ caSecret: "a..b" }, ['--ca-secret: "a..b" is not a name of a Secret (RFC 1123 subdomain)']],
  [{ caLife: "9s" }, ['--ca-life: "9s" is not a duration from 10s to 87600h, such as 8760h']],
  [{ missedPodsEvery: "1ms" }, ['--missed-pods-every: "1ms" is not a duration from 1s to 24h, such as 2m']],
  [{ certificateLife: "90d" }, ['--certificate-life: "90d" is not a duration from 10s to 87600h, such as 2160h']],
];

describe("the flags of weft certificates", () => {
  for (const [claim, given, environment, changed] of good) {
    it(`take ${claim}`, () => {
      expect(certificatesOptions(given, environment)).to.deep.equal({ value: { ...defaultValue, ...changed } });
    });
  }
  for (const [given, issues] of bad) {
    it(`refuse ${JSON.stringify(given)}`, () => {
      const read = certificatesOptions(given, {});
      expect("issues" in read && read.issues.map(issueText)).to.deep.equal(issues);
    });
  }
  it("have their environment variable's name from their own", () => {
    for (const { name, environment } of certificatesFlags) {
      expect(environment).to.equal(`WEFT_${name.slice(2).toUpperCase().replaceAll("-", "_")}`);
    }
  });
});
