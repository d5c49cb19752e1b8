/** Edits in block style: which stretches of the text are replaced so that a value becomes another one. */
import type { Json, JsonObject } from "../mesh/api.ts";
import { isMerge, keyOf } from "./document.ts";
import { flowEdited } from "./flow-edit.ts";
import { columnOf, headStart, isFirstOnLine, lineStart, nextLine, tailEnd } from "./lines.ts";
import { matchItems } from "./match.ts";
import { isEditable, type Page, type Splice } from "./page.ts";
import { type Collection, type Entry, isEmpty } from "./syntax.ts";
import { isFull, isSequence, member, members, same } from "./value.ts";
import { blockLines, flowText, indented, itemLines, pairLines } from "./yaml-text.ts";

/** What the value is part of. */
export type Parent = { readonly kind: "document" } | { readonly kind: "map" | "seq"; readonly column: number };

/** The splices that turn the value of an entry into `after`; none when it stays. */
export function entrySplices(entry: Entry, parent: Parent, before: Json, after: Json, page: Page): readonly Splice[] {
  const { value } = entry;
  if (same(before, after) && !page.outdated.has(value) && !page.rewritten.has(value)) return [];
  if (!isEditable(value, after, page)) return replaced(entry, parent, after, page);
  if (value.style === "flow") {
    return [{ start: value.start, end: value.end, text: flowEdited(value, before, after, page) }];
  }
  const slots =
    value.kind === "map"
      ? mapSlots(value, before as JsonObject, after as JsonObject, page)
      : sequenceSlots(value, before as readonly Json[], after as readonly Json[], page);
  const stay = slots.some((slot) => slot.kind === "kept");
  return stay ? collectionSplices(value, slots, page) : replaced(entry, parent, after, page);
}

/** An entry of a collection as it will be, in order of the text. */
type Slot =
  | { readonly kind: "kept"; readonly entry: Entry; readonly before: Json; readonly after: Json }
  | { readonly kind: "removed"; readonly entry: Entry }
  | { readonly kind: "added"; readonly lines: readonly string[] };

function mapSlots(node: Collection, before: JsonObject, after: JsonObject, page: Page): readonly Slot[] {
  const own = new Set<string>();
  const slots = node.entries.map((entry): Slot => {
    if (isMerge(entry)) {
      const value = page.valueOf(entry.value);
      return { kind: "kept", entry, before: value, after: value };
    }
    const key = keyOf(entry) ?? "";
    own.add(key);
    const value = member(after, key);
    if (value === undefined) return { kind: "removed", entry };
    return { kind: "kept", entry, before: member(before, key) ?? null, after: value };
  });
  // A member that comes from a merged map and stays needs no entry of its own.
  const added = members(after)
    .filter(([key, value]) => !own.has(key) && !same(member(before, key), value))
    .map(([key, value]): Slot => ({ kind: "added", lines: pairLines(key, value, page.block) }));
  return [...slots, ...added];
}

function sequenceSlots(node: Collection, before: readonly Json[], after: readonly Json[], page: Page): readonly Slot[] {
  const gap = dashGap(node, page);
  const partners = matchItems(before, after);
  let next = 0;
  const removedUpTo = (end: number): readonly Slot[] => {
    const removed = node.entries.slice(next, end).map((entry): Slot => ({ kind: "removed", entry }));
    next = Math.max(next, end);
    return removed;
  };
  const slots = after.flatMap((item, index): readonly Slot[] => {
    const origin = partners[index];
    const entry = origin === undefined ? undefined : node.entries[origin];
    if (origin === undefined || !entry) return [{ kind: "added", lines: itemLines(item, page.block, gap) }];
    const removed = removedUpTo(origin);
    next = origin + 1;
    return [...removed, { kind: "kept", entry, before: before[origin] ?? null, after: item }];
  });
  return [...slots, ...removedUpTo(node.entries.length)];
}

/** The spaces between a dash and its item, as the first item has them. */
function dashGap(node: Collection, { text }: Page): string {
  const [first] = node.entries;
  return /^ +$/.exec(first?.mark === undefined ? "" : text.slice(first.mark, first.value.start))?.[0] ?? " ";
}

function collectionSplices(node: Collection, slots: readonly Slot[], page: Page): readonly Splice[] {
  const column = columnOf(page.text, node.start);
  const parent: Parent = { kind: node.kind, column };
  const kept = slots.flatMap((slot) =>
    slot.kind === "kept" ? entrySplices(slot.entry, parent, slot.before, slot.after, page) : [],
  );
  return [...removals(slots, column, page), ...kept, ...additions(slots, column, page)];
}

/** Removed entries go with their lines, the comments that stand directly above them, and those indented below them. */
function removals(slots: readonly Slot[], column: number, { text }: Page): readonly Splice[] {
  const entries = slots.filter((slot) => slot.kind !== "added");
  const [first] = entries;
  const leading =
    first && isFirstOnLine(text, first.entry.start) ? 0 : entries.findIndex(({ kind }) => kind === "kept");
  const lines = entries.slice(leading).flatMap((slot): readonly Splice[] => {
    if (slot.kind === "kept") return [];
    // What stands above the first key of a document speaks of the document: a licence, say.
    const head =
      slot === first && first.entry.start === firstKey(text) ? slot.entry.start : headStart(text, slot.entry.start);
    return [{ start: lineStart(text, head), end: tailEnd(text, slot.entry.end, column), text: "" }];
  });
  const gone = entries[leading - 1];
  if (!first || !gone) return lines;
  // The first entry shares its line with the dash of what holds it; what follows moves up to that place.
  const end = tailEnd(text, gone.entry.end, column);
  const rest = /\S/.exec(text.slice(end))?.index ?? 0;
  return [{ start: first.entry.start, end: end + rest, text: "" }, ...lines];
}

const firstKey = (text: string): number => /^(?:\uFEFF|[ \t]*\r?\n|[ \t]*#.*\n|---.*\n)*/.exec(text)?.[0].length ?? 0;

/** Added entries go below the entry before them, or above the first one with its comments. */
function additions(slots: readonly Slot[], column: number, { text, newline }: Page): readonly Splice[] {
  return slots.flatMap((slot, index): readonly Splice[] => {
    if (slot.kind !== "added") return [];
    const above = slots.slice(0, index).findLast((other) => other.kind === "kept");
    if (above) {
      const start = tailEnd(text, above.entry.end, column);
      return [{ start, end: start, text: below(slot.lines, column, newline) }];
    }
    const next = slots.slice(index).find((other) => other.kind === "kept");
    const start = next ? headStart(text, next.entry.start) : 0;
    const [first = "", ...others] = slot.lines;
    const lines = [first, ...indented(others, column), " ".repeat(column)];
    return [{ start, end: start, text: lines.join(newline) }];
  });
}

/** Whole lines. */
const below = (lines: readonly string[], column: number, newline: string): string =>
  indented(lines, column)
    .map((line) => line + newline)
    .join("");

/** The value is written anew, with its comments gone. */
function replaced(entry: Entry, parent: Parent, after: Json, page: Page): readonly Splice[] {
  if (parent.kind === "map" && entry.mark === undefined) return [];
  // A JSON document has nothing but flow style.
  if (page.flow.json) return [{ start: entry.value.start, end: entry.value.end, text: flowText(after, page.flow) }];
  const old = oldValue(entry, page);
  const lines = blockLines(after, page.block);
  const tags = entry.properties
    .filter(({ kind }) => kind === "tag")
    .map(({ start, end }): Splice => ({ start: spaceBefore(page.text, start), end, text: "" }));
  const splices =
    parent.kind === "map" && isFull(after)
      ? placedBelow(entry, old, parent.column, after, page)
      : placedInLine(old, lines, bodyColumn(entry, parent, after, page), page);
  return [...tags, ...splices];
}

/** Lines after the first one: those of a literal are indented against the key already. */
function bodyColumn(entry: Entry, parent: Parent, after: Json, page: Page): number {
  if (parent.kind === "document") return 0;
  if (parent.kind === "map") return parent.column;
  return isFull(after) && !isEmpty(entry.value) && entry.mark !== undefined && onMarkLine(entry, page)
    ? columnOf(page.text, entry.value.start)
    : parent.column + 2;
}

const onMarkLine = ({ mark, value }: Entry, { text }: Page): boolean =>
  lineStart(text, mark ?? 0) === lineStart(text, value.start);

/** Where the old value is. */
interface OldValue {
  /** Where a value on the line of the key or dash goes. */
  readonly slot: number;
  readonly start: number;
  readonly end: number;
  /** A block collection on lines of its own. */
  readonly block: boolean;
}

function oldValue({ value, mark, properties, start }: Entry, { text }: Page): OldValue {
  const slot = properties.findLast(({ kind }) => kind === "anchor")?.end ?? mark ?? start;
  if (isEmpty(value)) return { slot, start: slot, end: slot, block: false };
  if (value.kind === "scalar" || value.kind === "alias" || value.style !== "block") {
    return { slot, start: value.start, end: value.end, block: false };
  }
  const column = columnOf(text, value.start);
  const end = tailEnd(text, value.end, column);
  if (mark === undefined || !isFirstOnLine(text, value.start)) {
    return {
      slot,
      start: value.start,
      end: end - (/\r?\n$/.exec(text.slice(value.start, end))?.[0].length ?? 0),
      block: false,
    };
  }
  return { slot, start: lineStart(text, headStart(text, value.start)), end, block: true };
}

/** The new value begins on the line of its key or dash. */
function placedInLine(old: OldValue, lines: readonly string[], column: number, page: Page): readonly Splice[] {
  const [first = "", ...others] = lines;
  const rest = below(others, column, page.newline);
  if (old.block) {
    const start = rest === "" ? old.start : nextLine(page.text, old.slot);
    return [
      { start: old.slot, end: old.slot, text: ` ${first}` },
      { start, end: old.end, text: rest },
    ];
  }
  const next = nextLine(page.text, old.end);
  return [
    { start: old.start, end: old.end, text: old.start === old.slot && old.slot !== 0 ? ` ${first}` : first },
    { start: next, end: next, text: rest },
  ];
}

/** The new value is a collection on the lines below its key. */
function placedBelow(entry: Entry, old: OldValue, column: number, after: Json, page: Page): readonly Splice[] {
  const { text } = page;
  const kind = isSequence(after) ? "seq" : "map";
  const usual = column + (kind === "seq" ? page.block.dash : page.block.step);
  const indent = old.block && entry.value.kind === kind ? columnOf(text, entry.value.start) : usual;
  const body = below(blockLines(after, page.block), indent, page.newline);
  if (old.block) return [{ start: old.start, end: old.end, text: body }];
  const next = tailEnd(text, old.end, indent);
  const ownLine = isFirstOnLine(text, old.start);
  const lineRest = text.slice(old.end, nextLine(text, old.end));
  const gone: Splice = ownLine
    ? lineRest.trim() === ""
      ? { start: lineStart(text, old.start), end: nextLine(text, old.end), text: "" }
      : { start: old.start, end: old.end, text: "" }
    : { start: old.slot, end: old.end, text: "" };
  return [gone, { start: next, end: next, text: body }];
}

const spaceBefore = (text: string, offset: number): number =>
  offset - (/[ \t]*$/.exec(text.slice(0, offset))?.[0].length ?? 0);
