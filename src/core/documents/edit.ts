/**
 * Edits of a document that leave the rest of its text alone: the difference between two values is spliced into the
 * source, at the places where the parser found the old values. Nothing is ever serialised as a whole.
 */
import type { Json } from "../base/json/json.ts";
import { outdatedNodes } from "./anchors.ts";
import { entrySplices } from "./block-edit.ts";
import { withCommentedKeys } from "./commented.ts";
import { isMerge, keyOf, readExactly, type SyntaxReading } from "./document.ts";
import { layout, spliced } from "./page.ts";
import type { Parsed } from "./parse.ts";
import { restored } from "./restore.ts";
import { says } from "./says.ts";
import type { Edit } from "./says.ts";
import type { Syntax } from "./syntax.ts";
import { isMapping, isSequence, member, members, same } from "./value.ts";
import { toYaml } from "./yaml-text.ts";
import type { Failed } from "../base/text/result.ts";

export type Edited = { readonly text: string } | Failed;

/**
 * The text with the difference between `before` and `after` written into it. `before` is what `readDocument` made of
 * the text, or a view of it with the same keys and items; `after` was made from it immutably. What they share stays as
 * it is, byte for byte. Numbers that a double cannot hold are written from `JSON.rawJSON` objects.
 * Issues: the text cannot be read, or (a bug of ours) the new text would not say what `after` says. `keepsKeys`: where
 * a map or list goes that has comments of its own in it, its key stays with them, and is null. `parsed`: of the text, by
 * who read it; it is not parsed again.
 */
export function editDocument(
  text: string,
  before: Json,
  after: Json,
  { keepsKeys = false, parsed }: { readonly keepsKeys?: boolean; readonly parsed?: Parsed } = {},
): Edited {
  // With a newline at the end every entry is made of whole lines; it goes again if it was not there.
  const whole = ended(text);
  const reading = readExactly(whole, whole === text ? parsed : undefined);
  if (reading.issues.length > 0) return { issues: reading.issues };
  const source = reading.value ?? null;
  const restoredAfter = restored(source, before, after);
  const wanted =
    keepsKeys && reading.root ? withCommentedKeys(reading.root, source, restoredAfter, whole) : restoredAfter;
  if (same(source, wanted)) return { text };
  for (const edit of attempts(whole, reading, source, wanted, whole === text)) {
    const edited = whole === text ? edit : { text: edit.text.replace(/\r?\n$/, "") };
    if (says(edited, wanted)) return { text: edited.text };
  }
  return { issues: [{ at: "", message: "a bug in weft: the edited text would not say what it must" }] };
}

function ended(text: string): string {
  if (text === "" || /[\n\r]$/.test(text)) return text;
  return text + (/\r?\n/.exec(text)?.[0] ?? "\n");
}

/**
 * From the lightest touch to the whole document; the first one that says what it must is taken. Without literals when
 * the text has no newline at its end: readers disagree on what a literal without one means.
 */
function* attempts(
  text: string,
  { root, valueOf }: SyntaxReading,
  source: Json,
  wanted: Json,
  literals: boolean,
): Generator<Edit> {
  if (root) {
    const { block, ...style } = layout(text, root);
    const page = { text, ...style, valueOf, outdated: outdatedNodes(root, source, wanted) };
    const entry = { start: root.start, end: root.end, key: undefined, mark: undefined, properties: [], value: root };
    const attempt = (rewritten: readonly Syntax[], use: boolean): Edit => {
      const edited = { ...page, block: { ...block, literals: use }, rewritten: new Set(rewritten) };
      const splices = entrySplices(entry, { kind: "document" }, source, wanted, edited);
      return { text: spliced(text, splices), from: { text, root, value: source, splices } };
    };
    if (literals) yield attempt([], true);
    yield attempt([], false);
    for (const node of changedPath(root, source, wanted).toReversed()) yield attempt([node], false);
  } else yield { text: text + toYaml(wanted) };
  yield { text: toYaml(wanted) };
}

/** The nodes that hold all of the change, outermost first. */
function changedPath(node: Syntax, before: Json, after: Json): readonly Syntax[] {
  if (node.kind === "map" && isMapping(before) && isMapping(after)) {
    const keys = new Set([...members(before), ...members(after)].map(([key]) => key));
    const changed = [...keys].filter((key) => !same(member(before, key), member(after, key)));
    const entry = node.entries.findLast((one) => !isMerge(one) && keyOf(one) === changed[0]);
    const [old, value] = [member(before, changed[0] ?? ""), member(after, changed[0] ?? "")];
    if (changed.length !== 1 || !entry || old === undefined || value === undefined) return [node];
    return [node, ...changedPath(entry.value, old, value)];
  }
  if (node.kind === "seq" && isSequence(before) && isSequence(after) && before.length === after.length) {
    const changed = after.flatMap((item, index) => (same(before[index], item) ? [] : [index]));
    const [index = 0] = changed;
    const entry = node.entries[index];
    if (changed.length !== 1 || !entry) return [node];
    return [node, ...changedPath(entry.value, before[index] ?? null, after[index] ?? null)];
  }
  return [node];
}
