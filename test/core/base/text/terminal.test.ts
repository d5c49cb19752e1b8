import { expect } from "chai";
import fc from "fast-check";
import { forPeople, printable } from "../../../../src/core/base/text/terminal.ts";
import { anyCharacter, runs } from "../../../support/properties.ts";

describe("text for people", () => {
  const rows: readonly [claim: string, text: string, expected: string][] = [
    ["clears no screen and sets no title", "x\u001b[2J\u001b]0;pwn\u0007", String.raw`x\u001b[2J\u001b]0;pwn\u0007`],
    ["does not go back", "ok\rbad\b\u007f", String.raw`ok\u000dbad\u0008\u007f`],
    ["has no C1 controls", "\u0085\u009b2J", String.raw`\u0085\u009b2J`],
    ["is read from left to right", "a\u202eb\u2066c\u200f\u061c", String.raw`a\u202eb\u2066c\u200f\u061c`],
    ["has no half characters", "\ud800a\udc00\ud83d\ude00", String.raw`\ud800a\udc00😀`],
    ["keeps lines and tabs", "a\n\tb\n", "a\n\tb\n"],
    ["keeps what languages are written with", "می‌خواهم 👩‍💻 é 漢", "می‌خواهم 👩‍💻 é 漢"],
  ];
  for (const [claim, text, expected] of rows) {
    it(claim, () => {
      expect(printable(text)).to.equal(expected);
      expect(forPeople(text, undefined)).to.equal(expected);
      expect(forPeople(`<secret>31m${text}<secret>39m`, "<secret>")).to.equal(`\u001b[31m${expected}\u001b[39m`);
    });
  }

  it("has no controls but weft's own, whatever others wrote", () => {
    const foreign = fc.string({ unit: anyCharacter });
    fc.assert(
      fc.property(fc.array(foreign), (texts) => {
        const shown = forPeople(texts.join("<secret>1m"), "<secret>");
        const pieces = shown.split("\u001b[1m");
        expect(pieces).to.have.length(Math.max(texts.length, 1));
        for (const piece of pieces) expect(piece).not.to.match(/[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069]|\p{Cs}/u);
      }),
      runs(500),
    );
  });

  it("is the same JSON", () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: anyCharacter }), (json) => {
        expect(JSON.parse(printable(json))).to.deep.equal(JSON.parse(json));
      }),
      runs(200),
    );
  });
});
