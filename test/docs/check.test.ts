/** docs/check.md is what the rows say, and has a heading for every hint. */
import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import { format, resolveConfig } from "prettier";
import { proxyChecks } from "../../src/core/checks/after.ts";
import { checksBefore } from "../../src/core/checks/before.ts";
import { checksPage } from "../../scripts/pages/checks.ts";

const file = new URL("../../docs/check.md", import.meta.url);

describe("docs/check.md", () => {
  it("is made from the rows (make golden rewrites it)", async () => {
    const page = await format(checksPage(), { ...(await resolveConfig(file)), parser: "markdown" });
    if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, page);
    expect(readFileSync(file, "utf8")).to.equal(page);
  });

  const rows = [...checksBefore, ...proxyChecks].flatMap(({ checks }) =>
    checks.map(({ id, says, about, needs }) => ({ id, says, about, needs })),
  );
  it("has one heading for each check", () => {
    const headings = [...checksPage().matchAll(/^#### (\S+)$/gm)].map(([, id]) => id);
    expect(headings).to.have.members([...new Set(rows.map(({ id }) => id))]);
  });

  for (const categories of [checksBefore, proxyChecks] as const) {
    const ids = categories.flatMap(({ checks }) => checks.map(({ id }) => id));
    it(`${ids[ids.length - 1]}: no id is there twice, and each check needs earlier ones`, () => {
      expect(new Set(ids).size).to.equal(ids.length);
      for (const { id, needs } of rows.filter((row) => ids.includes(row.id))) {
        for (const need of needs) expect(ids.indexOf(need), `${id} needs ${need}`).to.be.within(0, ids.indexOf(id) - 1);
      }
    });
  }
});
