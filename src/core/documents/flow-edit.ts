/** Edits inside `{…}` and `[…]`: the collection is put together again from the old text of what stays. */
import type { Json, JsonObject } from "../base/json/json.ts";
import { isBroken } from "./lines.ts";
import { matchItems } from "./match.ts";
import { indentation, isEditable, type Page } from "./page.ts";
import { type Collection, type Entry, isEmpty } from "./syntax.ts";
import { entryChanges } from "./entry-changes.ts";
import { same } from "./value.ts";
import { flowPair, type FlowStyle, flowText } from "./yaml-text.ts";

/** The new text of a flow collection, brackets included. Something must be left in it. */
export function flowEdited(node: Collection, before: Json, after: Json, page: Page): string {
  const { open, pieces, close, trailingComma } = disassembled(node, page.text);
  const style = styleOf(node, pieces, page);
  const cores =
    node.kind === "map"
      ? mapCores(node, before as JsonObject, after as JsonObject, style, page)
      : sequenceCores(node, before as readonly Json[], after as readonly Json[], style, page);
  const leads = leadsOf(pieces, style, page);
  const texts = cores.map(({ origin, text }, index) => {
    const piece = origin === undefined ? undefined : pieces[origin];
    const last = index === cores.length - 1;
    const comma = last && !trailingComma ? "" : ",";
    return { lead: leads(piece, index), text: `${text}${piece?.post ?? ""}${comma}`, trail: piece?.trail ?? "" };
  });
  const body = texts.map(({ lead, text, trail }, index) => {
    const previous = index === 0 ? open : (texts[index - 1]?.trail ?? "");
    return brokenAfter(previous, lead, page) + text + trail;
  });
  return open + body.join("") + brokenAfter(texts.at(-1)?.trail ?? "", close, page);
}

/** What goes on after a comment goes on in the next line. */
const brokenAfter = (trail: string, lead: string, { newline }: Page): string =>
  trail.includes("#") && !isBroken(lead) ? newline + lead : lead;

/** An entry with what is around it: `lead`, the entry, `post`, perhaps a comma, `trail`. */
interface Piece {
  readonly lead: string;
  readonly post: string;
  /** A comment on the same line. */
  readonly trail: string;
}

function disassembled(node: Collection, text: string) {
  const first = node.start + 1 + commentAt(text, node.start + 1).length;
  let position = first;
  let trailingComma = false;
  const pieces = node.entries.map((entry, index): Piece => {
    const limit = node.entries[index + 1]?.start ?? node.end - 1;
    const lead = text.slice(position, entry.start);
    const comma = commaIn(text, entry.end, limit);
    trailingComma = comma !== undefined;
    const after = comma === undefined ? entry.end : comma + 1;
    const trail = commentAt(text, after);
    position = after + trail.length;
    return { lead, post: text.slice(entry.end, comma ?? entry.end), trail };
  });
  return { open: text.slice(node.start, first), pieces, close: text.slice(position, node.end), trailingComma };
}

/** The comment that follows on the same line, with the spaces before it. */
function commentAt(text: string, offset: number): string {
  const comment = /[ \t]*#[^\n\r\u0085\u2028\u2029]*/y;
  comment.lastIndex = offset;
  return comment.exec(text)?.[0] ?? "";
}

function commaIn(text: string, start: number, end: number): number | undefined {
  const between = text
    .slice(start, end)
    .replaceAll(/(?<=^|\s)#[^\n\r\u0085\u2028\u2029]*/g, (comment) => " ".repeat(comment.length));
  const index = between.indexOf(",");
  return index === -1 ? undefined : start + index;
}

/** One entry a line when the first one has its own line, else everything on one line. */
function styleOf(node: Collection, pieces: readonly Piece[], page: Page): FlowStyle {
  const own = /[\n\r\u0085\u2028\u2029]([ \t]*)$/.exec(pieces[0]?.lead ?? "")?.[1];
  if (own === undefined) return page.flow;
  const outer = indentation(page.text, node.end - 1);
  const step = own.startsWith(outer) && own !== outer ? own.slice(outer.length) : "  ";
  return { ...page.flow, lines: { newline: page.newline, indent: own, step } };
}

/** What stands before an entry at its new position. */
function leadsOf(pieces: readonly Piece[], style: FlowStyle, page: Page) {
  const [first, second] = pieces;
  const opening = first?.lead ?? "";
  const line = style.lines ? page.newline + style.lines.indent : undefined;
  const space = second && /^\s*$/.test(second.lead) ? second.lead : style.comma.slice(1);
  return (piece: Piece | undefined, index: number): string => {
    const stays =
      piece !== undefined && (piece.lead.includes("#") || isBroken(piece.lead) || (piece === first) === (index === 0));
    if (stays) return piece.lead;
    return line ?? (index === 0 ? opening.replace(/\S[^]*/, "") : space);
  };
}

interface Core {
  /** Index of the entry it was. */
  readonly origin: number | undefined;
  readonly text: string;
}

const mapCores = (
  node: Collection,
  before: JsonObject,
  after: JsonObject,
  style: FlowStyle,
  page: Page,
): readonly Core[] =>
  entryChanges(node, before, after, page).flatMap((change): readonly Core[] => {
    switch (change.kind) {
      case "kept":
        return [{ origin: change.origin, text: entryEdited(change.entry, change.before, change.after, style, page) }];
      case "removed":
        return [];
      case "added":
        return [{ origin: undefined, text: flowPair(change.key, change.value, style) }];
    }
  });

const sequenceCores = (
  node: Collection,
  before: readonly Json[],
  after: readonly Json[],
  style: FlowStyle,
  page: Page,
): readonly Core[] => {
  const partners = matchItems(before, after);
  return after.map((item, index) => {
    const origin = partners[index];
    const entry = origin === undefined ? undefined : node.entries[origin];
    if (origin === undefined || entry === undefined) return { origin: undefined, text: flowText(item, style) };
    return { origin, text: entryEdited(entry, before[origin] ?? null, item, style, page) };
  });
};

function entryEdited(entry: Entry, before: Json, after: Json, style: FlowStyle, page: Page): string {
  const { value } = entry;
  if (same(before, after) && !page.outdated.has(value) && !page.rewritten.has(value)) {
    return page.text.slice(entry.start, entry.end);
  }
  if (isEditable(value, after, page)) {
    return page.text.slice(entry.start, value.start) + flowEdited(value, before, after, page);
  }
  return valuePrefix(entry, style, page) + flowText(after, style);
}

/** Key, colon and anchor; a tag belongs to the value that goes. */
function valuePrefix(entry: Entry, { colon }: FlowStyle, { text }: Page): string {
  const anchor = entry.properties.find(({ kind }) => kind === "anchor");
  const anchorText = anchor ? `${text.slice(anchor.start, anchor.end)} ` : "";
  if (!entry.key) return anchorText;
  if (entry.mark === undefined) return text.slice(entry.start, entry.key.end) + colon;
  const tagged = entry.properties.some(({ kind }) => kind === "tag");
  if (!tagged && !isEmpty(entry.value)) return text.slice(entry.start, entry.value.start);
  return `${text.slice(entry.start, entry.mark)} ${anchorText}`;
}
