/** Edits in block style: which stretches of the text are replaced so that a value becomes another one. */
import type { Json, JsonObject } from "../base/json/json.ts";
import { hasOwnComments } from "./commented.ts";
import { entryChanges } from "./entry-changes.ts";
import { flowEdited } from "./flow-edit.ts";
import { columnOf, headStart, isFirstOnLine, isWhite, lineStart, nextLine, tailEnd } from "./lines.ts";
import { matchItems } from "./match.ts";
import { isEditable, type Page, type Splice } from "./page.ts";
import { type Parent, replacedValue } from "./replace.ts";
import type { Collection, Entry, Syntax } from "./syntax.ts";
import { same } from "./value.ts";
import { indented, itemLines, pairLines, wholeLines } from "./yaml-text.ts";

/** The splices that turn the value of an entry into `after`; none when it stays. */
export function entrySplices(entry: Entry, parent: Parent, before: Json, after: Json, page: Page): readonly Splice[] {
  const { value } = entry;
  if (same(before, after) && !page.outdated.has(value) && !page.rewritten.has(value)) return [];
  if (after === null && parent.kind === "map" && hasOwnComments(entry, parent.column, page.text)) {
    return emptied(value, page);
  }
  if (!isEditable(value, after, page)) return replacedValue(entry, parent, after, page);
  if (value.style === "flow") {
    return [{ start: value.start, end: value.end, text: flowEdited(value, before, after, page) }];
  }
  const slots =
    value.kind === "map"
      ? mapSlots(value, before as JsonObject, after as JsonObject, page)
      : sequenceSlots(value, before as readonly Json[], after as readonly Json[], page);
  const stay = slots.some((slot) => slot.kind === "kept");
  return stay ? collectionSplices(value, slots, page) : replacedValue(entry, parent, after, page);
}

/** An entry of a collection as it will be, in order of the text. */
type Slot =
  | { readonly kind: "kept"; readonly entry: Entry; readonly before: Json; readonly after: Json }
  | { readonly kind: "removed"; readonly entry: Entry }
  | { readonly kind: "added"; readonly lines: readonly string[] };

const mapSlots = (node: Collection, before: JsonObject, after: JsonObject, page: Page): readonly Slot[] =>
  entryChanges(node, before, after, page).map((change) =>
    change.kind === "added" ? { kind: "added", lines: pairLines(change.key, change.value, page.block) } : change,
  );

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

/** All entries of a block collection go; the comments that belong to none of them stay. */
function emptied(node: Syntax, page: Page): readonly Splice[] {
  if (node.kind !== "map" && node.kind !== "seq") return [];
  const slots = node.entries.map((entry): Slot => ({ kind: "removed", entry }));
  return removals(slots, columnOf(page.text, node.start), page);
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
  const lines = entries.flatMap((slot, index): readonly Splice[] => {
    if (slot.kind === "kept" || index < leading) return [];
    // What stands above the first key of a document speaks of the document: a licence, say.
    const head =
      slot === first && first.entry.start === firstKey(text) ? slot.entry.start : headStart(text, slot.entry.start);
    const end = tailEnd(text, slot.entry.end, column);
    const above = entries[index - 1];
    const least = above ? nextLine(text, above.entry.end) : 0;
    return [{ start: Math.max(least, withoutBlankLines(text, lineStart(text, head), end)), end, text: "" }];
  });
  const gone = entries[leading - 1];
  if (!first || !gone) return lines;
  // The first entry shares its line with the dash of what holds it; what follows moves up to that place.
  const end = tailEnd(text, gone.entry.end, column);
  const rest = /\S/.exec(text.slice(end))?.index ?? 0;
  return [{ start: first.entry.start, end: end + rest, text: "" }, ...lines];
}

/** Blank lines above what goes, when what follows is set off by blank lines already. */
function withoutBlankLines(text: string, start: number, end: number): number {
  if (!isWhite(text.slice(end, nextLine(text, end)))) return start;
  const above = /(?:(?<=\n) *\r?\n)*$/.exec(text.slice(Math.max(0, start - 200), start));
  return start - (above?.[0].length ?? 0);
}

const firstKey = (text: string): number => /^(?:\uFEFF|[ \t]*\r?\n|[ \t]*#.*\n|---.*\n)*/.exec(text)?.[0].length ?? 0;

/** Added entries go below the entry before them, or above the first one with its comments. */
function additions(slots: readonly Slot[], column: number, { text, newline }: Page): readonly Splice[] {
  return slots.flatMap((slot, index): readonly Splice[] => {
    if (slot.kind !== "added") return [];
    const above = slots.slice(0, index).findLast((other) => other.kind === "kept");
    if (above) {
      const start = tailEnd(text, above.entry.end, column);
      return [{ start, end: start, text: wholeLines(slot.lines, column, newline) }];
    }
    const next = slots.slice(index).find((other) => other.kind === "kept");
    const start = next ? headStart(text, next.entry.start) : 0;
    const [first = "", ...others] = slot.lines;
    const lines = [first, ...indented(others, column), " ".repeat(column)];
    return [{ start, end: start, text: lines.join(newline) }];
  });
}
