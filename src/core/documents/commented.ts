/** Keys that stay for the sake of the comments below them, when everything else below them goes. */
import type { Json } from "../base/json/json.ts";
import { isMerge, keyOf } from "./document.ts";
import { columnOf, headStart, isCommentLine, lineStart, nextLine, tailEnd } from "./lines.ts";
import { matchItems } from "./match.ts";
import type { Collection, Entry, Syntax } from "./syntax.ts";
import { isMapping, isSequence, member } from "./value.ts";

/** `after`, with null for what is no longer there but has comments of its own in it. */
export function withCommentedKeys(node: Syntax, before: Json, after: Json, text: string): Json {
  if (before === after) return after;
  if (node.kind === "map" && isMapping(before) && isMapping(after)) {
    const changed = node.entries.flatMap((entry): readonly (readonly [string, Json])[] => {
      const key = isMerge(entry) ? undefined : keyOf(entry);
      if (key === undefined) return [];
      const value = member(after, key);
      if (value === undefined) return hasOwnComments(entry, columnOf(text, node.start), text) ? [[key, null]] : [];
      return [[key, withCommentedKeys(entry.value, member(before, key) ?? null, value, text)]];
    });
    return { ...after, ...Object.fromEntries(changed) };
  }
  if (node.kind === "seq" && isSequence(before) && isSequence(after)) {
    const partners = matchItems(before, after);
    return after.map((item, index) => {
      const origin = partners[index] ?? -1;
      const entry = node.entries[origin];
      return entry ? withCommentedKeys(entry.value, before[origin] ?? null, item, text) : item;
    });
  }
  return after;
}

/** Whether comment lines are left in the block of an entry when what is in it goes; `column`: the entry's. */
export function hasOwnComments({ key, mark, properties, value }: Entry, column: number, text: string): boolean {
  if (key === undefined || mark === undefined || properties.length > 0 || !isBlock(value)) return false;
  const inner = columnOf(text, value.start);
  const taken = value.entries.map(({ start, end }) => ({
    start: lineStart(text, headStart(text, start)),
    end: tailEnd(text, end, inner),
  }));
  for (let line = nextLine(text, mark); line < tailEnd(text, value.end, column); line = nextLine(text, line)) {
    if (isCommentLine(text, line) && !taken.some(({ start, end }) => line >= start && line < end)) return true;
  }
  return false;
}

const isBlock = (value: Syntax): value is Collection =>
  (value.kind === "map" || value.kind === "seq") && value.style === "block";
