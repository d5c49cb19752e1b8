import { expect } from "chai";
import { anchorsOf, pageText, sectionOf, titleOf } from "../../../src/core/print/page.ts";

const page = `# A \`page\`

What it is about, in a sentence that does not fit into a line of forty columns.

\`\`\`sh
# no heading
weft check
\`\`\`

## The first one

- an item that is longer than forty columns are, by a few words
- **bold**, \`code\`, _stress_ and a_name_with_lines

### Below it

See [elsewhere](other.md#place), [other.md](other.md), [here](#the-first-one) and [the web](https://example.org).

<!-- made -->

## A table

| what | why | how |
| ---- | --- | --- |
| one \\| two | because of a reason that is long enough to be broken | |
`;

describe("a page in the terminal", () => {
  it("does not repeat the head of a table's second column, where there is no third", () => {
    const pair = "| you see | what to do |\n| --- | --- |\n| one | this |\n| two | that |\n";
    expect(pageText(pair, { name: "a", columns: 40 })).to.equal("one\n    this\ntwo\n    that\n");
  });

  it("is wrapped, and keeps code", () => {
    expect(pageText(page, { name: "a", columns: 40 })).to.equal(`A page
======

What it is about, in a sentence that
does not fit into a line of forty
columns.

    # no heading
    weft check

THE FIRST ONE

- an item that is longer than forty
  columns are, by a few words
- bold, code, stress and
  a_name_with_lines

BELOW IT

See elsewhere (weft help other#place),
weft help other.md, here (weft help
a#the-first-one) and the web.

A TABLE

one | two
    why: because of a reason that is
    long enough to be broken
`);
  });

  it("has a title and headings", () => {
    expect(titleOf(page)).to.equal("A `page`");
    expect(anchorsOf(page)).to.deep.equal(["a-page", "the-first-one", "below-it", "a-table"]);
  });

  for (const [anchor, first, last] of [
    ["the-first-one", "## The first one", "<!-- made -->"],
    ["below-it", "### Below it", "<!-- made -->"],
    ["a-table", "## A table", "|"],
  ] as const) {
    it(`has a section ${anchor}, up to the next heading that is as high`, () => {
      const lines = (sectionOf(page, anchor) ?? "").trim().split("\n");
      expect(lines[0]).to.equal(first);
      expect(lines.at(-1)).to.satisfy((line: string) => line.startsWith(last));
    });
  }

  it("has no section of another name", () => {
    expect(sectionOf(page, "no-heading")).to.equal(undefined);
  });
});
