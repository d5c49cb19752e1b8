/** The table of `weft top` as lines that fit a terminal. */
import { paint } from "../../base/text/paint.ts";
import type { Colours } from "../../base/text/terminal.ts";
import { cutToWidth, displayWidth, padToWidth } from "../../base/text/display-width.ts";
import { oneLine } from "../../base/text/quote.ts";
import type { TopRow } from "./top.ts";

export interface TopLook {
  /** Columns of the terminal; no line is wider, but where it is too narrow for any table. */
  readonly width: number;
  readonly hideSources: boolean;
  readonly colours: Colours;
}

/** The head first. Text of callers is on one line and without what controls a terminal. */
export function topLines(rows: readonly TopRow[], { width, hideSources, colours }: TopLook): readonly string[] {
  const columns = hideSources ? allColumns.slice(1) : allColumns;
  const cells = [columns.map(({ head }) => head), ...rows.map((row) => columns.map(({ text }) => oneLine(text(row))))];
  const widths = fitted(
    columns.map((_, index) => Math.max(...cells.map((texts) => displayWidth(texts[index] ?? "")))),
    columns,
    width,
  );
  const { bold, green, yellow } = paint(colours);
  return cells.map((texts, line) => {
    const padded = texts.map((text, index) => {
      const { side = "left", isTls = false } = columns[index] ?? {};
      const cell = padToWidth(cutToWidth(text, widths[index] ?? 0), widths[index] ?? 0, side);
      return isTls && line > 0 ? (text === secured ? green(cell) : yellow(cell)) : cell;
    });
    return line === 0 ? bold(padded.join(between)) : padded.join(between);
  });
}

const between = "  ";

interface Column {
  readonly head: string;
  readonly text: (row: TopRow) => string;
  readonly side?: "right";
  /** So narrow it may become where there is no room. */
  readonly least?: number;
  readonly isTls?: boolean;
}

const secured = "√";

const allColumns: readonly Column[] = [
  { head: "Source", text: ({ source }) => source, least: 8 },
  { head: "Destination", text: ({ destination }) => destination, least: 8 },
  { head: "Method", text: ({ method }) => method, least: 6 },
  { head: "Path", text: ({ path }) => path, least: 8 },
  { head: "TLS", text: ({ tls }) => (tls === "true" ? secured : tls), least: 8, isTls: true },
  { head: "Count", text: ({ count }) => String(count), side: "right" },
  { head: "Best", text: ({ best }) => took(best), side: "right" },
  { head: "Worst", text: ({ worst }) => took(worst), side: "right" },
  { head: "Last", text: ({ last }) => took(last), side: "right" },
  { head: "Success Rate", text: rate, side: "right" },
];

/** `267µs`, `12ms`, `3s`; cut off. */
const took = (microseconds: number): string =>
  microseconds < 1000
    ? `${microseconds}µs`
    : microseconds < 1_000_000
      ? `${Math.floor(microseconds / 1000)}ms`
      : `${Math.floor(microseconds / 1_000_000)}s`;

function rate({ succeeded, judged }: TopRow): string {
  return judged === 0 ? "-" : `${((100 * succeeded) / judged).toFixed(2)}%`;
}

/** The widest gives way first; where all are as narrow as they may be, lines are wider than the terminal. */
function fitted(wanted: readonly number[], columns: readonly Column[], width: number): readonly number[] {
  const widths = [...wanted];
  const spare = (index: number): number => (widths[index] ?? 0) - (columns[index]?.least ?? Infinity);
  let over = widths.reduce((sum, each) => sum + each, between.length * (widths.length - 1)) - width;
  for (; over > 0; over -= 1) {
    const [widest] = widths
      .flatMap((each, index) => (spare(index) > 0 ? [[index, each] as const] : []))
      .toSorted(([, a], [, b]) => b - a);
    if (widest === undefined) break;
    widths[widest[0]] = widest[1] - 1;
  }
  return widths;
}
