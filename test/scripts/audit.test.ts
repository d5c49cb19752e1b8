import { readFileSync } from "node:fs";
import { expect } from "chai";
import { auditEnvironment, lockProblems, verdictOf } from "../../scripts/audit.ts";
import type { Verdict } from "../../scripts/audit.ts";

const integrity = `sha512-${"A".repeat(86)}==`;

describe("the lock file", () => {
  const rows: readonly [claim: string, locked: Readonly<Record<string, unknown>>, problem: RegExp | undefined][] = [
    ["a package with its hash", { integrity }, undefined],
    ["one without", {}, /^node_modules\/a\/node_modules\/@b\/c: has no SHA-512$/],
    ["one with a weak hash", { integrity: "sha1-AAAA" }, /has no SHA-512/],
    ["one of a host", { integrity, resolved: "https://registry.test/c.tgz" }, /is bound to https:/],
    ["a folder", { integrity, link: true }, /is bound to a folder/],
    ["a script", { integrity, hasInstallScript: true }, /has a script for its installation/],
  ];
  for (const [claim, locked, problem] of rows) {
    it(`${problem === undefined ? "passes" : "refuses"} ${claim}`, () => {
      const problems = lockProblems({ "": {}, "node_modules/a/node_modules/@b/c": locked }, { other: true });
      if (problem === undefined) expect(problems).to.deep.equal([]);
      else expect(problems.join("\n")).to.match(problem);
    });
  }

  it("passes what came in another's archive", () => {
    expect(lockProblems({ "node_modules/a/node_modules/b": { inBundle: true } }, {})).to.deep.equal([]);
  });

  it("passes a script that package.json speaks of", () => {
    expect(
      lockProblems({ "node_modules/@b/c": { integrity, hasInstallScript: true } }, { "@b/c": false }),
    ).to.deep.equal([]);
  });

  it("is right as it is", () => {
    const read = (file: string) => JSON.parse(readFileSync(new URL(`../../${file}`, import.meta.url), "utf8")) as never;
    const { packages } = read("package-lock.json") as { packages: Parameters<typeof lockProblems>[0] };
    const { allowScripts } = read("package.json") as { allowScripts: Readonly<Record<string, boolean>> };
    expect(Object.keys(packages).length).to.be.greaterThan(100);
    expect(lockProblems(packages, allowScripts)).to.deep.equal([]);
  });
});

describe("an audit", () => {
  const rows: readonly [claim: string, status: number | null, output: string, verdict: Verdict][] = [
    ["that ends well", 0, "282 packages have verified registry signatures", "passed"],
    ["with a bad signature", 1, "1 package has an invalid registry signature:\na@1", "failed"],
    ["with several", 1, "2 packages have invalid registry signatures:\na@1", "failed"],
    ["with a bad attestation", 1, "1 package has an invalid attestation:", "failed"],
    [
      "with a missing signature",
      1,
      "1 package has a missing registry signature but the registry is providing signing keys",
      "failed",
    ],
    [
      "with a bad signature and an error after it",
      1,
      "invalid registry signatures\nnpm error code ENOTFOUND",
      "failed",
    ],
    ["with advisories", 1, "3 high severity vulnerabilities", "failed"],
    ["that ended for reasons unknown", 1, "npm error code EUSAGE", "failed"],
    ["without a network", 1, "npm error code ENOTFOUND\nnpm error syscall getaddrinfo", "skipped"],
    [
      "of a registry that does not do it",
      1,
      "npm warn audit 405 Method Not Allowed\nnpm error audit endpoint returned an error",
      "skipped",
    ],
    ["that takes too long", null, "", "skipped"],
  ];
  for (const [claim, status, output, verdict] of rows) {
    it(`${claim} has ${verdict}`, () => {
      expect(verdictOf(status, output)).to.equal(verdict);
    });
  }

  it("hears npm's words when `npm run --silent` started it", () => {
    const { HOME, npm_config_loglevel: level } = auditEnvironment({ HOME: "/root", npm_config_loglevel: "silent" });
    expect([HOME, level]).to.deep.equal(["/root", "warn"]);
  });
});
