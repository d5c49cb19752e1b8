/** What pages show of a terminal is what comes out: "```console" blocks are run, with the files of their page. */
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import { played, sessionOf } from "../support/session.ts";

const root = new URL("../../", import.meta.url);
const names = readdirSync(new URL("docs/", root)).filter((name) => name.endsWith(".md"));
const pages = ["README.md", ...names.map((name) => `docs/${name}`)].filter((name) =>
  /^```console$/m.test(readFileSync(new URL(name, root), "utf8")),
);

describe("docs: commands and what they print", () => {
  for (const page of pages) {
    it(`${page} (UPDATE_GOLDEN=1 writes it there)`, async () => {
      const place = new URL(page, root);
      const text = readFileSync(place, "utf8");
      const { blocks, files } = sessionOf(text);
      const out = await played({ blocks, files });
      if (process.env["UPDATE_GOLDEN"] === "1") {
        const next = blocks.reduce((all, block, index) => all.replace(block, () => out[index] ?? block), text);
        writeFileSync(place, next);
      }
      expect(sessionOf(readFileSync(place, "utf8")).blocks).to.deep.equal(out);
    });
  }

  it("there is at least one such page", () => {
    expect(pages).to.include("docs/lint.md");
  });
});
