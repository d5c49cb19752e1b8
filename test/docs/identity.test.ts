/** docs/identity.md has the refusals as the rows have them, and the numbers that hold. */
import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import { refusalRows } from "../../src/core/identity/refusals.ts";
import { defaultLife } from "../../src/core/identity/validity.ts";

const file = new URL("../../docs/identity.md", import.meta.url);
const page = (): string => readFileSync(file, "utf8");

function refusalsTable(): string {
  const rows = Object.entries(refusalRows).map(([reason, { code, meaning }]) => [
    `\`${reason}\``,
    `\`${code}\``,
    meaning,
  ]);
  const table = [["reason", "gRPC code", "what is wrong"], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const [head = [], ...body] = table;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("\n");
}

describe("docs/identity.md", () => {
  it("has the refusals as the rows have them (make golden rewrites it)", () => {
    const whole = page().replace(
      /<!-- refusals -->[^]*<!-- \/refusals -->/,
      `<!-- refusals -->\n\n${refusalsTable()}\n\n<!-- /refusals -->`,
    );
    if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, whole);
    expect(page()).to.equal(whole);
  });

  it("has the lifetime that is usual", () => {
    expect(defaultLife).to.deep.equal({ lifetime: 24 * 3_600_000, clockSkew: 20_000 });
    expect(page()).to.include("A certificate lasts 24 hours, from 20 seconds before to 20 seconds after");
  });
});
