/** Links between pages lead to pages and headings that are there. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { expect } from "chai";
import { anchorsOf } from "../../src/core/print/page.ts";

const root = new URL("../../", import.meta.url);
const pages = [
  "README.md",
  "ARCHITECTURE.md",
  ...readdirSync(new URL("docs/", root)).flatMap((name) => (name.endsWith(".md") ? [`docs/${name}`] : [])),
];

const prose = (text: string): string => text.replaceAll(/^```.*?^```$/gms, "");

function fault(page: string, link: string): string | undefined {
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? new URL(page, root) : new URL(path, new URL(page, root));
  if (!existsSync(target)) return `${link}: there is no such file`;
  const isHere = anchor === undefined || anchorsOf(readFileSync(target, "utf8")).includes(anchor);
  return isHere ? undefined : `${link}: there is no such heading`;
}

describe("docs: links", () => {
  for (const page of pages) {
    it(`${page} leads to what is there`, () => {
      const links = [...prose(readFileSync(new URL(page, root), "utf8")).matchAll(/\]\((?![a-z]+:)([^)\s]+)\)/g)];
      expect(links.map(([, link = ""]) => fault(page, link)).filter((each) => each !== undefined)).to.deep.equal([]);
    });
  }
});
