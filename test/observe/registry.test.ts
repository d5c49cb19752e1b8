import { expect } from "chai";
import { joinedPages } from "../../src/observe/registry.ts";

const page = (...lines: readonly string[]) => ({ text: `${lines.join("\n")}\n`, contentType: "text/plain" });
const family = (name: string, ...series: readonly string[]): readonly string[] => [
  `# HELP ${name} What it is.`,
  `# TYPE ${name} gauge`,
  ...series,
];

describe("pages of metrics", () => {
  const rows: readonly [claim: string, first: readonly string[], second: readonly string[], both: readonly string[]][] =
    [
      ["what only one has", family("a", "a 1"), family("b", "b 2"), [...family("a", "a 1"), ...family("b", "b 2")]],
      ["what both have once, as the first tells it", family("a", "a 1"), family("a", "a 2"), family("a", "a 1")],
      [
        "both of what differs in a label",
        family("a", 'a{of="x y"} 1', 'a{of="z"} 1'),
        family("a", 'a{of="x y"} 2', 'a{of="x"} 2'),
        family("a", 'a{of="x y"} 1', 'a{of="z"} 1', 'a{of="x"} 2'),
      ],
      ["a family without a series", family("a"), family("a", "a 2"), family("a", "a 2")],
    ];
  for (const [claim, first, second, both] of rows) {
    it(`joined, tell ${claim}`, () => {
      expect(joinedPages(page(...first), page(...second))).to.deep.equal(page(...both));
    });
  }

  it("are the first alone where there is no other", () => {
    const alone = page("# HELP a");
    expect(joinedPages(alone, undefined)).to.equal(alone);
  });
});
