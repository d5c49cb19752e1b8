/** Links between pages lead to pages and headings that are there. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { expect } from "chai";

const root = new URL("../../", import.meta.url);
const pages = [
  "README.md",
  "ARCHITECTURE.md",
  ...readdirSync(new URL("docs/", root)).flatMap((name) => (name.endsWith(".md") ? [`docs/${name}`] : [])),
];

/** What GitHub makes of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replaceAll(/\s/g, "-");

const prose = (text: string): string => text.replaceAll(/^```.*?^```$/gms, "");
const anchorsIn = (text: string): readonly string[] =>
  [...prose(text).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => anchorOf(heading));

function fault(page: string, link: string): string | undefined {
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? new URL(page, root) : new URL(path, new URL(page, root));
  if (!existsSync(target)) return `${link}: there is no such file`;
  const isHere = anchor === undefined || anchorsIn(readFileSync(target, "utf8")).includes(anchor);
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
