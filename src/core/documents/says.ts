/**
 * Whether an edited text says what it must. The text is read again and compared; a List, item by item where that comes to
 * the same, as the tree of a whole List of thousands would be most of what editing it holds in memory.
 */
import type { Json } from "../base/json/json.ts";
import { isMerge, keyOf, readExactly } from "./document.ts";
import { columnOf, lineStart } from "./lines.ts";
import type { Splice } from "./page.ts";
import type { Entry, Syntax } from "./syntax.ts";
import { isMapping, isSequence, member, members, same } from "./value.ts";

/** A text that was made from another one. */
export interface Edit {
  readonly text: string;
  /** Absent where it was written as a whole. */
  readonly from?: EditSource;
}

interface EditSource {
  readonly text: string;
  readonly root: Syntax;
  readonly value: Json;
  readonly splices: readonly Splice[];
}

export function says({ text, from }: Edit, wanted: Json): boolean {
  if (from !== undefined && eachSays(text, from, wanted)) return true;
  const { value, issues } = readExactly(text);
  return issues.length === 0 && same(value ?? null, wanted);
}

/**
 * True only where the whole would say it, too: nothing outside of the items was touched, every splice is within one of
 * them, and each is a block map that reads the same without its dash and without what stands around it. An alias to what
 * stands elsewhere does not.
 */
function eachSays(edited: string, { text, root, value, splices }: EditSource, wanted: Json): boolean {
  const items = listOf(root, text);
  if (items === undefined || !isMapping(value) || !isMapping(wanted)) return false;
  const { key, starts, end, column } = items;
  const after = member(wanted, key);
  if (!isSequence(after) || after.length !== starts.length || !sameBeside(key, value, wanted)) return false;
  const grown = growthOf(splices, [...starts, end]);
  if (grown === undefined) return false;
  let start = starts[0] ?? 0;
  return after.every((item, index) => {
    const piece = edited.slice(start, start + (starts[index + 1] ?? end) - (starts[index] ?? 0) + (grown[index] ?? 0));
    start += piece.length;
    return itemSays(piece, column, item);
  });
}

interface ListPlaces {
  readonly key: string;
  /** Of the lines that the items begin with. */
  readonly starts: readonly number[];
  /** Of the last item. */
  readonly end: number;
  /** Of the dashes. */
  readonly column: number;
}

/** The one block sequence in a block map that is worth it. */
function listOf(root: Syntax, text: string): ListPlaces | undefined {
  if (root.kind !== "map" || root.style !== "block" || root.entries.some(isMerge)) return undefined;
  const at = root.entries.findIndex((entry) => keyOf(entry) === "items");
  const list = root.entries[at]?.value;
  const next = root.entries[at + 1];
  const isAlone = root.entries.filter((entry) => keyOf(entry) === "items").length === 1;
  if (!isAlone || list?.kind !== "seq" || list.style !== "block" || list.entries.length < 2) return undefined;
  const starts = list.entries.map((entry: Entry) => lineStart(text, entry.start));
  const column = columnOf(text, list.start);
  const areLines = list.entries.every(({ start }, index) => start - (starts[index] ?? 0) === column);
  // A directive says what tags mean further down.
  if (!areLines || /^%/m.test(text.slice(0, starts[0]))) return undefined;
  return { key: "items", starts, end: next === undefined ? text.length : lineStart(text, next.start), column };
}

const sameBeside = (key: string, value: Json, wanted: Json): boolean => {
  const beside = (each: Json): Json =>
    isMapping(each) ? Object.fromEntries(members(each).filter(([name]) => name !== key)) : each;
  return same(beside(value), beside(wanted));
};

/** How much longer each stretch between two of these places becomes; undefined: a splice is not within one of them. */
function growthOf(splices: readonly Splice[], places: readonly number[]): readonly number[] | undefined {
  const grown = places.slice(1).map(() => 0);
  let index = 0;
  for (const { start, end, text } of splices.toSorted((a, b) => a.start - b.start)) {
    // What is inserted where an item begins is the end of the one before.
    while (index + 1 < places.length && start > (places[index + 1] ?? 0)) index += 1;
    if (start <= (places[index] ?? 0) || end > (places[index + 1] ?? 0)) return undefined;
    grown[index] = (grown[index] ?? 0) + text.length - (end - start);
  }
  return grown;
}

/**
 * An item without its dash is a document that is indented. Only where each of its lines is within the item, as a document
 * may have some that begin further left.
 */
function itemSays(piece: string, column: number, item: Json): boolean {
  const isWhole = piece.startsWith(`${" ".repeat(column)}- `) && /[\r\n]$/.test(piece);
  if (!isWhole || outside(column).test(piece)) return false;
  const { root, value, issues, notes } = readExactly(`${" ".repeat(column + 1)}${piece.slice(column + 1)}`);
  const isBlockMap = root?.kind === "map" && root.style === "block" && root.start > column;
  return isBlockMap && issues.length + notes.length === 0 && same(value ?? null, item);
}

/** A line that is no comment, not empty, and not indented deeper than the dash. */
const outside = (column: number): RegExp =>
  new RegExp(String.raw`[\n\r\u0085\u2028\u2029](?! {${column + 1}}| *(?:#|$|[\n\r\u0085\u2028\u2029]))`);
