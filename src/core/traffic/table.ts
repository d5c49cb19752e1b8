/** Rows of texts as columns for people, three spaces between them. */
import { displayWidth } from "../base/text/display-width.ts";
import { oneLine } from "../base/text/quote.ts";

export interface Cell {
  readonly text: string;
  /** Colours it. */
  readonly painted?: ((text: string) => string) | undefined;
}

/** Each line with a newline at its end, none with a blank. `right`: columns whose texts stand at the right. */
export function tableText(rows: readonly (readonly (string | Cell)[])[], right: readonly number[] = []): string {
  const cells = rows.map((row) => row.map(cellOf));
  const widths = (cells[0] ?? []).map((_, column) =>
    cells.reduce((widest, row) => Math.max(widest, displayWidth(row[column]?.text ?? "")), 0),
  );
  return cells
    .map((row) => row.map((cell, column) => padded(cell, widths[column] ?? 0, right.includes(column))).join("   "))
    .map((line) => `${line.trimEnd()}\n`)
    .join("");
}

function cellOf(cell: string | Cell): Cell {
  return typeof cell === "string" ? { text: oneLine(cell) } : { ...cell, text: oneLine(cell.text) };
}

function padded({ text, painted = (same) => same }: Cell, width: number, right: boolean): string {
  const blanks = " ".repeat(width - displayWidth(text));
  return right ? `${blanks}${painted(text)}` : `${painted(text)}${blanks}`;
}
