import { expect } from "chai";
import fc from "fast-check";
import { cutToWidth, displayWidth, padToWidth } from "../../../../src/core/base/text/display-width.ts";
import { runs } from "../../../support/properties.ts";

const widths: readonly [claim: string, text: string, width: number][] = [
  ["nothing", "", 0],
  ["ASCII", "/hello", 6],
  ["Latin, composed or not", "é\u0065\u0301", 2],
  ["Han", "漢字", 4],
  ["Hangul, composed or not", "각\u1100\u1161", 4],
  ["fullwidth and halfwidth forms", "Ａｱ", 3],
  ["an emoji", "😀", 2],
  ["a family of emoji", "👩‍👩‍👧", 2],
  ["a flag", "🇩🇪", 2],
  ["a heart that is asked for as an emoji", "❤️", 2],
  ["a heart that is not", "❤", 1],
  ["a joiner alone", "\u200d", 0],
  ["√ and µ", "√µ", 2],
];

describe("core/base/text/display-width", () => {
  for (const [claim, text, width] of widths) it(claim, () => expect(displayWidth(text)).to.equal(width));

  const cuts: readonly [text: string, width: number, cut: string][] = [
    ["/hello", 6, "/hello"],
    ["/hello", 5, "/hel…"],
    ["漢字漢字", 5, "漢字…"],
    ["漢字漢字", 4, "漢…"],
    ["abc", 1, "…"],
    ["abc", 0, ""],
  ];
  for (const [text, width, cut] of cuts) it(`${text} in ${width}`, () => expect(cutToWidth(text, width)).to.equal(cut));

  it("blanks stand behind a text, or before it", () => {
    expect(padToWidth("漢", 4)).to.equal("漢  ");
    expect(padToWidth("漢", 4, "right")).to.equal("  漢");
    expect(padToWidth("漢字", 2)).to.equal("漢字");
  });

  it("what is cut fits, and what is padded is as wide as is said", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.nat(20), (text, width) => {
        const cut = cutToWidth(text, width);
        expect(displayWidth(cut)).to.be.at.most(width);
        expect(displayWidth(padToWidth(cut, width))).to.equal(width);
      }),
      runs(300),
    );
  });
});
