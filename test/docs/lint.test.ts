/** docs/lint.md has the rules of the code. */
import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import { format, resolveConfig } from "prettier";
import { ruleIds, rules } from "../../src/core/lint/rules.ts";

const file = new URL("../../docs/lint.md", import.meta.url);
const block = /<!-- rules -->\n[\s\S]*?<!-- \/rules -->/;

const table = [
  "| rule | level | what it finds |",
  "| --- | --- | --- |",
  ...ruleIds.map((id) => `| \`${id}\` | ${rules[id].level} | ${rules[id].says} |`),
].join("\n");

describe("docs/lint.md", () => {
  it("has every rule (UPDATE_GOLDEN=1 writes them there)", async () => {
    const text = readFileSync(file, "utf8").replace(block, () => `<!-- rules -->\n\n${table}\n\n<!-- /rules -->`);
    const page = await format(text, { ...(await resolveConfig(file)), parser: "markdown" });
    if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, page);
    expect(readFileSync(file, "utf8")).to.equal(page);
  });
});
