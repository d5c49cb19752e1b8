/** docs/annotations.md is what the engine's rows say, and says every key. */
import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import { defaultValues } from "../../src/core/inject/settings/defaults.ts";
import { readSettings } from "../../src/core/inject/settings/settings.ts";
import { keys } from "../../src/core/mesh/annotations.ts";
import { annotationsPage } from "../../scripts/pages/annotations.ts";

const file = new URL("../../docs/annotations.md", import.meta.url);

function page(): string {
  const read = readSettings(defaultValues);
  if ("issues" in read) throw new Error(JSON.stringify(read.issues));
  return annotationsPage(read.value);
}

describe("docs/annotations.md", () => {
  it("is made from the rows (make golden rewrites it)", () => {
    if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, page());
    expect(readFileSync(file, "utf8")).to.equal(page());
  });

  const written: ReadonlySet<string> = new Set([keys.createdBy, keys.proxyVersionWritten, keys.trustRootHash]);
  for (const key of Object.values(keys).filter((each) => !written.has(each))) {
    it(`documents ${key}`, () => {
      expect(page()).to.include(`\`${key}\``);
    });
  }
});
