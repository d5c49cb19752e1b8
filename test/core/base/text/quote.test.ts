import { expect } from "chai";
import fc from "fast-check";
import { oneLine, quoted } from "../../../../src/core/base/text/quote.ts";
import { anyCharacter } from "../../../support/properties.ts";

describe("quoted", () => {
  const rows: readonly [claim: string, text: string, expected: string][] = [
    ["puts quotes around a plain text", "a b", '"a b"'],
    ["shows the empty text", "", '""'],
    ["escapes quotes and backslashes", 'a"b\\n', String.raw`"a\"b\\n"`],
    ["escapes line breaks and tabs", "a\r\nb\tc", String.raw`"a\r\nb\tc"`],
    ["escapes other control characters", "\u0000\u001b[31m\u0085", String.raw`"\u0000\u001b[31m\u0085"`],
    ["escapes line separators", "a\u2028b\u2029", String.raw`"a\u2028b\u2029"`],
    ["escapes bidi marks", "a\u202eb\u2066c\u200f", String.raw`"a\u202eb\u2066c\u200f"`],
    ["escapes what has no width", "\u200b\ufeff\u00ad\u2060\u3164", String.raw`"\u200b\ufeff\u00ad\u2060\u3164"`],
    ["escapes blanks that are no plain blank", "1\u00a0000\u3000", String.raw`"1\u00a0000\u3000"`],
    ["escapes lone surrogates", "a\ud800b\udc00", String.raw`"a\ud800b\udc00"`],
    ["escapes invisible characters beyond 16 bit", "\u{e0041}", String.raw`"\udb40\udc41"`],
    ["keeps letters of all languages and emoji", "é ж 漢 😀", '"é ж 漢 😀"'],
  ];
  for (const [claim, text, expected] of rows) {
    it(claim, () => {
      expect(quoted(text)).to.equal(expected);
    });
  }

  const cuts: readonly [claim: string, text: string, limit: number, expected: string][] = [
    ["keeps what just fits", "abcde", 5, '"abcde"'],
    ["cuts what does not, within the limit", "abcdef", 5, '"abcd…"'],
    ["counts characters, not units", "😀😀😀😀😀", 5, '"😀😀😀😀😀"'],
    ["never splits a pair", "😀😀😀😀😀😀", 5, '"😀😀😀😀…"'],
    ["never splits an escape", '""""""', 5, String.raw`"\"\"\"\"…"`],
  ];
  for (const [claim, text, limit, expected] of cuts) {
    it(claim, () => {
      expect(quoted(text, limit)).to.equal(expected);
    });
  }

  it("cuts at 60 unless told otherwise", () => {
    expect(quoted("x".repeat(61))).to.equal(`"${"x".repeat(59)}…"`);
  });
  it("parses as the same JSON text while nothing is cut", () => {
    const text = fc.string({ unit: anyCharacter, maxLength: 60 });
    fc.assert(fc.property(text, (value) => JSON.parse(quoted(value, 200)) === value));
  });
});

describe("oneLine", () => {
  const rows: readonly [claim: string, text: string, expected: string][] = [
    ["leaves a plain line", 'say "hi" \\ é 😀', 'say "hi" \\ é 😀'],
    ["escapes line breaks", "a\nb\r\u2028\u0085", String.raw`a\nb\r\u2028\u0085`],
    ["escapes control and bidi characters", "\u001b[2J\u202e", String.raw`\u001b[2J\u202e`],
  ];
  for (const [claim, text, expected] of rows) {
    it(claim, () => {
      expect(oneLine(text)).to.equal(expected);
    });
  }
});
