/** Values as new YAML text. */
import type { Json } from "../base/json/json.ts";
import { literalLines, quoted, scalarText } from "./scalar-text.ts";
import { isFull, isMapping, isSequence, members } from "./value.ts";

/** How block style is laid out. */
export interface BlockStyle {
  /** Columns between a key and the keys under it. */
  readonly step: number;
  /** Columns between a key and the dashes under it. */
  readonly dash: number;
  /** Whether text of several lines may be a literal block (`|`). */
  readonly literals: boolean;
}

/** A value as YAML in block style, with a newline at the end. */
export const toYaml = (value: Json): string =>
  documentLines(value, { step: 2, dash: 0, literals: true }).join("\n") + "\n";

/** The lines of a value that is a whole document. */
function documentLines(value: Json, style: BlockStyle): readonly string[] {
  const [first = "", ...others] = blockLines(value, style);
  return [first, ...indented(others, isFull(value) ? 0 : style.step)];
}

/** The lines of a value in block style, without the indentation of the place where they go. */
export function blockLines(value: Json, style: BlockStyle): readonly string[] {
  if (!isFull(value)) return leafLines(value, style);
  return isSequence(value)
    ? value.flatMap((item) => itemLines(item, style))
    : members(value).flatMap(([key, item]) => pairLines(key, item, style));
}

/** `- item`, on as many lines as it takes; `gap` is what stands between the dash and the item. */
export function itemLines(item: Json, style: BlockStyle, gap = " "): readonly string[] {
  const [first = "", ...others] = blockLines(item, style);
  return [`-${gap}${first}`, ...indented(others, 1 + gap.length)];
}

/** `key: value`, on as many lines as it takes. */
export function pairLines(key: string, value: Json, style: BlockStyle): readonly string[] {
  const text = scalarText(key);
  // A reader looks for the colon in the first 1,024 characters only (YAML 1.2, section 8.2.2).
  const [head, colon] = text.length > 1000 ? [[`? ${text}`], ":"] : [[], `${text}:`];
  if (isFull(value)) {
    return [...head, colon, ...indented(blockLines(value, style), isSequence(value) ? style.dash : style.step)];
  }
  const [first = "", ...others] = leafLines(value, style);
  return [...head, `${colon} ${first}`, ...indented(others, style.step)];
}

/** A scalar or an empty collection: one line, or a literal with its header first. */
const leafLines = (value: Json, { literals }: BlockStyle): readonly string[] =>
  (literals && typeof value === "string" ? literalLines(value) : undefined) ?? [inlineText(value)];

export const indented = (lines: readonly string[], columns: number): readonly string[] =>
  lines.map((line) => (line === "" ? line : " ".repeat(columns) + line));

/** The same as text, each line with its newline. */
export const wholeLines = (lines: readonly string[], columns: number, newline: string): string =>
  indented(lines, columns)
    .map((line) => line + newline)
    .join("");

/** How flow style is laid out. */
export interface FlowStyle {
  /** Every string in double quotes, as JSON wants it. */
  readonly json: boolean;
  /** `:` or `: `. */
  readonly colon: string;
  /** What stands between items that share a line: `,` or `, `. */
  readonly comma: string;
  /** For one item a line: indentation of the line with the opening bracket, and what each level adds. */
  readonly lines?: { readonly newline: string; readonly indent: string; readonly step: string };
}

const oneLine: FlowStyle = { json: false, colon: ": ", comma: ", " };

/** A scalar, or an empty collection, on one line. */
const inlineText = (value: Json): string => flowText(value, oneLine);

/** A value in flow style. */
export function flowText(value: Json, style: FlowStyle): string {
  if (isSequence(value))
    return bracketed(
      "[",
      value.map((item) => flowText(item, deeper(style))),
      "]",
      style,
    );
  if (!isMapping(value)) return style.json && typeof value === "string" ? quoted(value) : scalarText(value);
  return bracketed(
    "{",
    members(value).map(([key, item]) => flowPair(key, item, deeper(style))),
    "}",
    style,
  );
}

/** `key: value` in flow style; a value that spans lines is indented like the lines of `style`. */
export const flowPair = (key: string, value: Json, style: FlowStyle): string =>
  `${style.json ? quoted(key) : scalarText(key)}${style.colon}${flowText(value, style)}`;

function bracketed(open: string, items: readonly string[], close: string, { comma, lines }: FlowStyle): string {
  if (items.length === 0 || !lines) return `${open}${items.join(comma)}${close}`;
  const start = lines.newline + lines.indent;
  return `${open}${start}${lines.step}${items.join(`,${start}${lines.step}`)}${start}${close}`;
}

const deeper = (style: FlowStyle): FlowStyle =>
  style.lines ? { ...style, lines: { ...style.lines, indent: style.lines.indent + style.lines.step } } : style;
