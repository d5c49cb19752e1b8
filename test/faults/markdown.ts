/** Figures in a page of `docs/`: tables, and the marks between which they are written. */
import { readFileSync, writeFileSync } from "node:fs";

/** The first column is text, the others are numbers. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const padded = (row: readonly string[]): string =>
    line(row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))));
  const rule = line(widths.map((width, column) => (column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)));
  const [head = [], ...body] = rows;
  return [padded(head), rule, ...body.map(padded)].join("\n");
}

/** `by`: the command that makes them, such as `make faults`. */
export function writeBetweenMarks(file: string, by: string, text: string): void {
  const marks = [`<!-- figures: ${by} -->`, "<!-- end of figures -->"] as const;
  const [before, rest] = readFileSync(file, "utf8").split(marks[0]);
  const [, after] = rest?.split(marks[1]) ?? [];
  if (before === undefined || after === undefined) throw new Error(`${file} has no line ${marks.join(" and ")}`);
  writeFileSync(file, `${before}${marks[0]}\n\n${text}\n\n${marks[1]}${after}`);
}
