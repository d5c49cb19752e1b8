/** Configurations of linkerd 0.1 to 0.9 in the form of 1.x. */
import { expect } from "chai";
import { isObject } from "../../../src/core/base/json/json.ts";
import { readDocument } from "../../../src/core/documents/document.ts";
import { configurationFindings } from "../../../src/core/wrap/check-configuration.ts";
import { rules } from "../../../src/core/wrap/rules.ts";
import { converted } from "../../../src/core/wrap/convert.ts";
import { golden } from "../../support/wrap.ts";

function convertedText(text: string): string {
  const result = converted(text, "linkerd.yaml");
  if ("issues" in result) throw new Error(JSON.stringify(result.issues));
  return result.value.text;
}
const valueOf = (text: string) => readDocument(text).value;

const router = (client: string, { namers = "", more = "" } = {}): string =>
  `${namers}routers:\n- protocol: http\n  # in front\n  servers:\n  - port: 4141 # of the host\n${more}  client:\n${client}`;

describe("wrap: conversion", () => {
  it("makes what ran with linkerd 1.7.4 of the arrangement of 2016", () => {
    expect(valueOf(convertedText(golden("old-0.1.yaml")))).to.deep.equal(valueOf(golden("old-0.1.converted.yaml")));
  });

  it("says what changed, and what a person has to look at", () => {
    const result = converted(golden("old-0.1.yaml"), "linkerd.yaml");
    expect("value" in result && result.value.notes.map(({ at }) => at)).to.deep.equal([
      "namers[0].kind",
      "namers[0]",
      "routers[0].baseDtab",
      "routers[0].dtab",
      "routers[0]",
      "routers[0].client.tls.kind",
      "routers[0].client.tls",
      "routers[1].baseDtab",
      "routers[1]",
    ]);
  });

  for (const file of ["config-service.yaml", "config-site.yaml", "config-none.yaml", "old-0.1.converted.yaml"]) {
    it(`leaves ${file} as it is, which is of 1.x`, () => {
      expect(converted(golden(file), file)).to.deep.equal({ value: { text: golden(file), notes: [] } });
    });
  }

  const clients: readonly [claim: string, old: string, client: object][] = [
    ["no validation", "    tls:\n      kind: io.l5d.clientTls.noValidation\n", { tls: { disableValidation: true } }],
    ["no validation, of 0.6", "    tls:\n      kind: io.l5d.noValidation\n", { tls: { disableValidation: true } }],
    [
      "one name",
      "    tls:\n      kind: io.l5d.static\n      commonName: foo\n      caCertPath: /ca.pem\n",
      { tls: { commonName: "foo", trustCertsBundle: "/ca.pem" } },
    ],
    [
      "one name, and the system's CAs",
      "    tls:\n      kind: io.l5d.static\n      commonName: foo\n",
      { tls: { commonName: "foo" } },
    ],
    [
      "names from paths, the first of which won, as the last now does",
      "    tls:\n      kind: io.l5d.boundPath\n      caCertPath: /ca.pem\n      names:\n      - prefix: /#/io.l5d.fs/{a}\n        commonNamePattern: '{a}.first'\n      - prefix: /#/io.l5d.fs\n        commonNamePattern: second\n",
      {
        kind: "io.l5d.static",
        configs: [
          { prefix: "/", tls: { commonName: "no-service-matches.invalid", trustCertsBundle: "/ca.pem" } },
          { prefix: "/#/io.l5d.fs", tls: { commonName: "second", trustCertsBundle: "/ca.pem" } },
          { prefix: "/#/io.l5d.fs/{a}", tls: { commonName: "{a}.first", trustCertsBundle: "/ca.pem" } },
        ],
      },
    ],
    [
      "names from paths that are not strict, beside other things of the client's",
      "    failFast: true\n    tls:\n      kind: io.l5d.boundPath\n      strict: false\n      names:\n      - prefix: /io.l5d.k8s/{ns}\n        commonNamePattern: x\n",
      {
        kind: "io.l5d.static",
        configs: [
          { prefix: "/", failFast: true },
          { prefix: "/#/io.l5d.k8s/{ns}", tls: { commonName: "x" } },
        ],
      },
    ],
    [
      "one file of roots of 1.x",
      "    tls:\n      commonName: foo\n      trustCerts: [/ca.pem]\n",
      { tls: { commonName: "foo", trustCertsBundle: "/ca.pem" } },
    ],
    [
      "several files of roots of 1.x, which it cannot join",
      "    tls:\n      commonName: foo\n      trustCerts: [/a.pem, /b.pem]\n",
      { tls: { commonName: "foo", trustCerts: ["/a.pem", "/b.pem"] } },
    ],
  ];
  for (const [claim, old, client] of clients) {
    it(`of ${claim}`, () => {
      const text = convertedText(router(old));
      const value = valueOf(text);
      expect(value).to.deep.equal({ routers: [{ protocol: "http", servers: [{ port: 4141 }], client }] });
      expect(text).to.include("# in front").and.include("# of the host");
      const findings = isObject(value) ? configurationFindings(value, "x") : [];
      expect(findings.filter(({ rule }) => rules[rule].level === "error")).to.deep.equal([]);
    });
  }

  it("of namers and their names: comments and what it does not know stay", () => {
    const old = router("    tls: {kind: io.l5d.noValidation}\n", {
      namers:
        "namers:\n- kind: io.l5d.k8s # ours\n  experimental: true\n  port: 8001\n  authTokenFile: /t\n  some: thing\n",
      more: "  baseDtab: |\n    /a => /io.l5d.k8s/prod | 0.5 * /io.l5d.k8sx ;\n",
    });
    expect(convertedText(old)).to.equal(
      router("    tls: {disableValidation: true}\n", {
        namers: "namers:\n- kind: io.l5d.k8s # ours\n  port: 8001\n  some: thing\n",
      }).concat("  dtab: |\n    /a => /#/io.l5d.k8s/prod | 0.5 * /io.l5d.k8sx ;\n"),
    );
  });

  it("of what is no configuration fails, with its place", () => {
    expect(converted("a: 1\n", "x.yaml")).to.deep.equal({
      issues: [{ at: "x.yaml", message: "is no configuration of linkerd's: expected a map with a list of routers" }],
    });
    expect(converted("a: [\n", "x.yaml"))
      .to.have.nested.property("issues[0].at")
      .that.matches(/^x\.yaml: line 1/);
  });
});
