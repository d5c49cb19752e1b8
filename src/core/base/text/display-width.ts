/** How many columns of a terminal a text takes, and texts made to fit so many. */

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });

/** Columns of a text without line breaks. What a reader sees as one character may be several code points. */
export const displayWidth = (text: string): number =>
  plain.test(text) ? text.length : graphemes(text).reduce((sum, each) => sum + graphemeWidth(each), 0);

/** The beginning that fits, with `…` at its end where it is not all. */
export function cutToWidth(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let [kept, taken] = ["", 0];
  for (const each of graphemes(text)) {
    taken += graphemeWidth(each);
    if (taken > width - 1) break;
    kept += each;
  }
  return width < 1 ? "" : `${kept}…`;
}

/** As wide as that, blanks behind it, or before it where it is to stand at the right. */
export function padToWidth(text: string, width: number, side: "left" | "right" = "left"): string {
  const blanks = " ".repeat(Math.max(0, width - displayWidth(text)));
  return side === "left" ? text + blanks : blanks + text;
}

const graphemes = (text: string): readonly string[] => Array.from(segmenter.segment(text), ({ segment }) => segment);

const plain = /^[\x20-\x7e]*$/;

function graphemeWidth(text: string): number {
  if (invisible.test(text)) return 0;
  return wide.test(text) ? 2 : 1;
}

/** Marks without a character to stand on, joiners and other characters without a look of their own. */
const invisible = /^[\p{M}\p{Cf}\p{Default_Ignorable_Code_Point}]+$/u;

/**
 * East Asian Width W and F (Unicode's annex 11) by script and block, and emoji: what is drawn as one, or is asked for as
 * one by a variation selector, a keycap, a flag or a joined sequence.
 */
const wide =
  /[\p{Emoji_Presentation}\p{Regional_Indicator}\u{1100}-\u{115f}\u{2e80}-\u{303e}\u{3041}-\u{33ff}\u{3400}-\u{4dbf}\u{4e00}-\u{9fff}\u{a000}-\u{a4cf}\u{a960}-\u{a97f}\u{ac00}-\u{d7a3}\u{f900}-\u{faff}\u{fe10}-\u{fe19}\u{fe30}-\u{fe6f}\u{ff00}-\u{ff60}\u{ffe0}-\u{ffe6}\u{17000}-\u{18cff}\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]|\p{Emoji}\u{fe0f}/u;
