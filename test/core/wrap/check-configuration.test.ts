/** Each rule has a configuration that breaks it, and one that does not. */
import { expect } from "chai";
import { isObject } from "../../../src/core/base/json/json.ts";
import { readDocument } from "../../../src/core/documents/document.ts";
import { configurationFindings, filesNamed } from "../../../src/core/wrap/check-configuration.ts";
import { findingText } from "../../../src/core/wrap/rules.ts";
import type { RuleId } from "../../../src/core/wrap/rules.ts";
import { golden } from "../../support/wrap.ts";

const findings = (text: string): readonly string[] => {
  const { value } = readDocument(text);
  if (!isObject(value)) throw new Error("cannot be read");
  return configurationFindings(value, "l5d.yaml").map(findingText);
};

const good = golden("config-service.yaml");
const modern = "            protocols: [TLSv1.2, TLSv1.3]\n";

/** Of the good one, with one text in the place of another. */
const rows: readonly [rule: RuleId, from: string, to: string, finding: string][] = [
  [
    "W-20",
    "      kind: io.l5d.static\n",
    "      tls: {kind: io.l5d.noValidation}\n",
    "routers[0].client.tls: error: tls.kind is of linkerd 0.x, and 1.x does not start; weft wrap convert makes its form (W-20)",
  ],
  [
    "W-21",
    '            commonName: "{service}"\n',
    "            disableValidation: true\n",
    "routers[0].client.configs[1].tls: error: disableValidation and clientAuth exclude each other; linkerd does not start (W-21)",
  ],
  [
    "W-22",
    '            commonName: "{service}"\n',
    "",
    "routers[0].client.configs[1].tls: error: commonName is missing; the first request is answered 502 (W-22)",
  ],
  [
    "W-24",
    "          keyPath: /io.buoyant/linkerd/certs/key.pem\n          requireClientAuth",
    "          requireClientAuth",
    "routers[1].servers[0].tls: error: keyPath is missing; linkerd does not start (W-24)",
  ],
  ["W-25", '        - prefix: "/#/ns/prod/router/{service}"\n          tls:', "        - tls:", ""],
  [
    "W-26",
    '"/#/ns/prod/router/{service}"',
    '"/#/ns/prod/router/{svc}"',
    'routers[0].client.configs[1].tls.commonName: error: {service} is not captured by "/#/ns/prod/router/{svc}"; every handshake fails (W-26)',
  ],
  ["W-28", "kind: io.l5d.static", "kind: io.l5d.statik", ""],
  [
    "W-29",
    "        - prefix: /\n",
    "        - prefix: /#\n",
    "routers[0].client.configs: warning: a name that no prefix matches is called in plain text; expected an entry in front with prefix: /, and a commonName that nobody has (W-29)",
  ],
  [
    "W-31",
    `${modern}          clientSession`,
    "          clientSession",
    "routers[0].client.configs[1].tls: warning: TLS 1.0 and 1.1 are accepted; expected protocols: [TLSv1.2, TLSv1.3] (W-31)",
  ],
  [
    "W-32",
    modern,
    `${modern}            trustCerts: [/ca.pem]\n`,
    "routers[0].client.configs[1].tls: warning: trustCerts is read once; trustCertsBundle is read for every connection (W-32)",
  ],
  [
    "W-23",
    modern,
    `${modern}            trustCerts: [/ca.pem]\n`,
    "routers[0].client.configs[1].tls: error: trustCerts and trustCertsBundle exclude each other; the first request is answered 502 (W-23)",
  ],
  [
    "W-33",
    "    client:\n",
    "    interpreter: {transformers: [{kind: io.l5d.port}]}\n    client:\n",
    "routers[0].client.configs[1].prefix: warning: transformers put something in front of bound names, so that it never matches (W-33)",
  ],
  [
    "W-34",
    "  ip: 127.0.0.1\n  port: 9990",
    "  ip: 0.0.0.0\n  port: 9990",
    "admin.ip: warning: 0.0.0.0: whoever reaches it can stop linkerd, by /admin/shutdown (W-34)",
  ],
  [
    "W-34",
    "usage:\n  enabled: false\n",
    "",
    "usage: warning: linkerd reports to its vendor; expected enabled: false (W-34)",
  ],
  [
    "W-35",
    "          clientSession:\n            lifeTimeMs: 3600000\n",
    "",
    "routers[0].client.configs[1]: warning: connections live for ever, with the certificates of their begin; expected clientSession.lifeTimeMs (W-35)",
  ],
  [
    "W-36",
    "          requireClientAuth: true",
    "          requireClientAut: true",
    'routers[1].servers[0].tls: error: linkerd knows no "requireClientAut" there, and does not start; did you mean requireClientAuth? (W-36)',
  ],
  [
    "W-36",
    "          certPath: /io.buoyant/linkerd/certs/certificate.pem\n          keyPath",
    "          enabled: true\n          certPath: /io.buoyant/linkerd/certs/certificate.pem\n          keyPath",
    'routers[1].servers[0].tls: error: linkerd knows no "enabled" there, and does not start (W-36)',
  ],
];

describe("wrap check: configurations", () => {
  it("says nothing of what weft writes", () => {
    for (const file of ["config-service.yaml", "config-site.yaml", "config-none.yaml", "config-client-only.yaml"])
      expect(findings(golden(file))).to.deep.equal([]);
  });

  for (const [rule, from, to, finding] of rows) {
    it(`${rule}: ${finding}`, () => {
      const text = good.replace(from, () => to);
      expect(text, "nothing was replaced").to.not.equal(good);
      const found = findings(text);
      if (finding === "") expect(found.join("\n")).to.include(`(${rule})`);
      else expect(found).to.include(`l5d.yaml: ${finding}`);
    });
  }

  it("W-30: a server that others reach, and that obeys them", () => {
    expect(findings(golden("config-none.yaml").replace("        clearContext: true\n", ""))).to.deep.equal([
      "l5d.yaml: routers[1].servers[0]: warning: anybody's header l5d-dtab is obeyed; expected clearContext: true (W-30)",
    ]);
  });

  it("W-31: a server's, too", () => {
    const at = good.lastIndexOf("          protocols");
    expect(findings(good.slice(0, at))).to.deep.equal([
      "l5d.yaml: routers[1].servers[0].tls: warning: TLS 1.0 and 1.1 are accepted; expected protocols: [TLSv1.2, TLSv1.3] (W-31)",
    ]);
  });

  it("W-24: io.l5d.static without configs", () => {
    expect(findings("usage: {enabled: false}\nrouters:\n- client: {kind: io.l5d.static}\n")).to.deep.equal([
      "l5d.yaml: routers[0].client: error: io.l5d.static without configs: linkerd does not start (W-24)",
    ]);
  });

  it("a client without TLS is linkerd's business", () => {
    expect(findings("usage: {enabled: false}\nrouters:\n- client: {tls: {enabled: false}, odd: 1}\n")).to.deep.equal(
      [],
    );
  });

  it("files are named with their places", () => {
    const { value } = readDocument(good);
    expect(filesNamed(value).map(({ at, isKey }) => [at, isKey])).to.deep.include([
      "routers[0].client.configs[1].tls.clientAuth.keyPath",
      true,
    ]);
  });
});
