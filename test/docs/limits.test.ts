/** docs/limits.md has the numbers of the code. */
import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import { format, resolveConfig } from "prettier";
import { limitsPage } from "../../scripts/pages/limits.ts";

const file = new URL("../../docs/limits.md", import.meta.url);

describe("docs/limits.md", () => {
  it("is made from the constants (make golden rewrites it)", async () => {
    const page = await format(limitsPage(), { ...(await resolveConfig(file)), parser: "markdown" });
    if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, page);
    expect(readFileSync(file, "utf8")).to.equal(page);
  });
});
