/** Rows of texts as columns for people. */
import { oneLine } from "../base/text/quote.ts";

/**
 * The first row is the head. Where the whole is wider than `width`, the widest column gives way, its texts cut off by
 * an ellipsis.
 */
export function columnsText(rows: readonly (readonly string[])[], width: number): string {
  const texts = rows.map((row) => row.map(oneLine));
  const widths = fitted(
    (texts[0] ?? []).map((_, index) => Math.max(...texts.map((row) => (row[index] ?? "").length))),
    width,
  );
  return texts
    .map((row) => row.map((text, index) => cut(text, widths[index] ?? 0).padEnd(widths[index] ?? 0)).join(between))
    .map((line) => `${line.trimEnd()}\n`)
    .join("");
}

const between = "  ";
/** Enough to tell one text from another. */
const narrowest = 8;

function fitted(widths: readonly number[], width: number): readonly number[] {
  const fixed = [...widths];
  const total = (): number => fixed.reduce((sum, each) => sum + each, between.length * (fixed.length - 1));
  while (total() > width) {
    const widest = Math.max(...fixed);
    if (widest <= narrowest) break;
    fixed[fixed.indexOf(widest)] = widest - 1;
  }
  return fixed;
}

const cut = (text: string, width: number): string => (text.length <= width ? text : `${text.slice(0, width - 1)}…`);
