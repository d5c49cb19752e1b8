import { expect } from "chai";
import type { Finding } from "../../../src/core/lint/lint.ts";
import { lintText } from "../../../src/core/print/lint.ts";
import type { LintFormat } from "../../../src/core/print/lint.ts";

const finding: Finding = {
  file: "a b/x,y.yaml",
  line: 3,
  rule: "unknown-key",
  object: "deployment/web",
  about: "x/y",
  message: "100% of it: is\nunknown",
};
const text = (format: LintFormat, findings: readonly Finding[] = [finding]): string =>
  lintText(findings, format, { colours: undefined, version: "1.2.3" });

describe("what lint prints", () => {
  it("is a line for people", () => {
    expect(text("text")).to.equal("a b/x,y.yaml:3: warning: deployment/web: 100% of it: is\\nunknown\n");
  });

  it("is a command for GitHub Actions, escaped", () => {
    expect(text("github")).to.equal(
      "::warning file=a b/x%2Cy.yaml,line=3,title=weft unknown-key::deployment/web: 100%25 of it: is%0Aunknown\n",
    );
  });

  it("shows no escapes of a manifest in the log of GitHub Actions", () => {
    const hostile = { ...finding, object: "pod/\u001b[31m", message: "a\r\n::error::b" };
    expect(text("github", [hostile])).to.contain(String.raw`::pod/\u001b[31m: a%0D%0A::error::b`);
  });

  for (const [file, uri] of [
    ["a#b?.yaml", "a%23b%3F.yaml"],
    ["a:b%.yaml", "a%3Ab%25.yaml"],
    ["half \ud800.yaml", "half%20%EF%BF%BD.yaml"],
    ["https://example.com/a%20b.yaml?c#d", "https://example.com/a%20b.yaml?c#d"],
  ] as const) {
    it(`is in SARIF at ${uri}`, () => {
      const [result] = JSON.parse(text("sarif", [{ ...finding, file }])).runs[0].results;
      expect(result.locations[0].physicalLocation.artifactLocation.uri).to.equal(uri);
    });
  }

  it("is a list in JSON", () => {
    expect(JSON.parse(text("json"))).to.deep.equal([{ level: "warning", ...finding }]);
    expect(JSON.parse(text("json", []))).to.deep.equal([]);
  });

  it("is a run of SARIF 2.1.0, with the rules that were broken", () => {
    const { version, runs } = JSON.parse(text("sarif"));
    expect(version).to.equal("2.1.0");
    expect(runs).to.have.length(1);
    expect(runs[0].tool.driver.rules.map(({ id }: { readonly id: string }) => id)).to.deep.equal(["unknown-key"]);
    expect(runs[0].results[0]).to.deep.equal({
      ruleId: "unknown-key",
      level: "warning",
      message: { text: "deployment/web: 100% of it: is\nunknown" },
      locations: [{ physicalLocation: { artifactLocation: { uri: "a%20b/x,y.yaml" }, region: { startLine: 3 } } }],
    });
  });
});
