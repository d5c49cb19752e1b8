/** A value in block style written anew: the old one goes with the comments inside it, the ones around it stay. */
import type { Json } from "../base/json/json.ts";
import { columnOf, headStart, isFirstOnLine, isWhite, lineStart, nextLine, tailEnd } from "./lines.ts";
import type { Page, Splice } from "./page.ts";
import { type Entry, isEmpty } from "./syntax.ts";
import { isFull, isSequence } from "./value.ts";
import { blockLines, flowText, wholeLines } from "./yaml-text.ts";

/** What the value is part of. */
export type Parent = { readonly kind: "document" } | { readonly kind: "map" | "seq"; readonly column: number };

/** The splices that write `after` where the value of the entry is. */
export function replacedValue(entry: Entry, parent: Parent, after: Json, page: Page): readonly Splice[] {
  // `? key` without a colon: the whole map is written anew instead.
  if (parent.kind === "map" && entry.mark === undefined) return [];
  // A JSON document has nothing but flow style.
  if (page.flow.json) return [{ start: entry.value.start, end: entry.value.end, text: flowText(after, page.flow) }];
  const old = oldValue(entry, page);
  const tags = entry.properties
    .filter(({ kind }) => kind === "tag")
    .map(({ start, end }): Splice => ({ start: spaceBefore(page.text, start), end, text: "" }));
  return [
    ...tags,
    ...(parent.kind !== "document" && goesBelow(old, parent, after, page)
      ? placedBelow(entry, old, parent, after, page)
      : placedInLine(old, after, bodyColumn(entry, parent, after, page), page)),
  ];
}

/** Where the old value is. */
interface OldValue {
  /** Where a value on the line of the key or dash goes. */
  readonly slot: number;
  readonly start: number;
  readonly end: number;
  /** A block collection on lines of its own; otherwise the value begins on the line of the key or dash. */
  readonly block: boolean;
}

function oldValue({ value, mark, properties, start }: Entry, { text }: Page): OldValue {
  const slot = properties.findLast(({ kind }) => kind === "anchor")?.end ?? mark ?? start;
  if (isEmpty(value)) return { slot, start: slot, end: slot, block: false };
  const collection = value.kind === "map" || value.kind === "seq";
  if (!collection || value.style !== "block" || mark === undefined || !isFirstOnLine(text, value.start)) {
    return { slot, start: value.start, end: value.end, block: false };
  }
  const head = lineStart(text, headStart(text, value.start));
  return { slot, start: head, end: tailEnd(text, value.end, columnOf(text, value.start)), block: true };
}

/** A collection under a key goes on lines of its own; one under a dash only when a comment has taken the line. */
const goesBelow = (old: OldValue, parent: Parent, after: Json, { text }: Page): boolean =>
  isFull(after) && (parent.kind === "map" || (!old.block && !isWhite(restOfLine(text, old.end))));

const restOfLine = (text: string, offset: number): string => text.slice(offset, nextLine(text, offset));

/** The new value begins on the line of its key or dash. */
function placedInLine(old: OldValue, after: Json, column: number, page: Page): readonly Splice[] {
  const [first = "", ...others] = blockLines(after, page.block);
  const rest = wholeLines(others, column, page.newline);
  if (old.block) {
    // Comments above a literal's lines would become part of it.
    const start = rest === "" ? old.start : nextLine(page.text, old.slot);
    return [
      { start: old.slot, end: old.slot, text: ` ${first}` },
      { start, end: old.end, text: rest },
    ];
  }
  const next = nextLine(page.text, old.end);
  const attached = old.start > 0 && /\S/.test(page.text.charAt(old.start - 1));
  return [
    { start: old.start, end: old.end, text: attached ? ` ${first}` : first },
    { start: next, end: next, text: rest },
  ];
}

/** Of the lines after the first one. */
function bodyColumn(entry: Entry, parent: Parent, after: Json, { text, block }: Page): number {
  if (parent.kind === "document") return isFull(after) ? 0 : block.step;
  if (parent.kind === "map") return parent.column + block.step;
  const { mark, value } = entry;
  const onDashLine = mark !== undefined && lineStart(text, mark) === lineStart(text, value.start);
  return isFull(after) && !isEmpty(value) && onDashLine ? columnOf(text, value.start) : parent.column + 2;
}

/** The new value is a collection on the lines below its key or dash. */
function placedBelow(
  entry: Entry,
  old: OldValue,
  parent: Exclude<Parent, { readonly kind: "document" }>,
  after: Json,
  { text, block, newline }: Page,
): readonly Splice[] {
  const kind = isSequence(after) ? "seq" : "map";
  const defaultValue = parent.kind === "seq" ? 2 : kind === "seq" ? block.dash : block.step;
  const column =
    old.block && entry.value.kind === kind ? columnOf(text, entry.value.start) : parent.column + defaultValue;
  const lines = wholeLines(blockLines(after, block), column, newline);
  if (old.block) return [{ start: old.start, end: old.end, text: lines }];
  const next = tailEnd(text, old.end, column);
  return [goneInLine(old, text), { start: next, end: next, text: lines }];
}

/** Out of its line; the line goes too when nothing else is on it. */
function goneInLine(old: OldValue, text: string): Splice {
  if (!isFirstOnLine(text, old.start)) return { start: old.slot, end: old.end, text: "" };
  const alone = isWhite(restOfLine(text, old.end));
  return alone
    ? { start: lineStart(text, old.start), end: nextLine(text, old.end), text: "" }
    : { start: old.start, end: old.end, text: "" };
}

const spaceBefore = (text: string, offset: number): number =>
  offset - (/[ \t]*$/.exec(text.slice(0, offset))?.[0].length ?? 0);
