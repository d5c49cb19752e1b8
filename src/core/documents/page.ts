/** A document that is being edited: its text, how it is laid out, and what must not be left as it is. */
import type { Json } from "../base/json/json.ts";
import { columnOf, lineStart } from "./lines.ts";
import type { Collection, Entry, Syntax } from "./syntax.ts";
import { isFull, isMapping, isSequence } from "./value.ts";
import type { BlockStyle, FlowStyle } from "./yaml-text.ts";

/** The text between two offsets is replaced. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export interface Page {
  /** Ends with a newline. */
  readonly text: string;
  readonly newline: string;
  readonly block: BlockStyle;
  readonly flow: FlowStyle;
  readonly valueOf: (node: Syntax) => Json;
  /** Nodes to write anew although nothing in their value changed: aliases whose anchor changes. */
  readonly outdated: ReadonlySet<Syntax>;
  /** Nodes to write anew as a whole, comments and all. */
  readonly rewritten: ReadonlySet<Syntax>;
}

/** How the author of the document lays things out, for what is added to it. */
export function layout(text: string, root: Syntax): Pick<Page, "newline" | "block" | "flow"> {
  const json = isJson(text);
  const newline = /\r?\n/.exec(text)?.[0] ?? "\n";
  const nested = [...collections(root)];
  const offset = (kind: Collection["kind"]): number | undefined =>
    nested
      .filter(({ node, parent }) => node.kind === kind && node.style === "block" && parent?.key !== undefined)
      .map(({ node, parent }) => columnOf(text, node.start) - columnOf(text, parent?.start ?? 0))
      .find((columns) => columns > 0 || kind === "seq");
  const flows = nested.map(({ node }) => node).filter(({ style }) => style === "flow");
  const pair = flows.flatMap(({ entries }) => entries).find(({ mark }) => mark !== undefined);
  const [first, second] = flows.find(({ entries }) => entries.length > 1)?.entries ?? [];
  const compact = first && second ? text.slice(first.end, second.start) === "," : pair?.mark === pair?.value.start;
  return {
    newline,
    block: { step: offset("map") ?? 2, dash: offset("seq") ?? 0, literals: true },
    flow: {
      json,
      // An unquoted key needs the space.
      colon: json && pair && pair.mark === pair.value.start ? ":" : ": ",
      comma: compact ? "," : ", ",
    },
  };
}

function* collections(node: Syntax, parent?: Entry): Generator<{ readonly node: Collection; readonly parent?: Entry }> {
  if (node.kind !== "map" && node.kind !== "seq") return;
  yield { node, ...(parent === undefined ? {} : { parent }) };
  for (const entry of node.entries) yield* collections(entry.value, entry);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text.replace(/^\uFEFF/, ""));
    return true;
  } catch {
    return false;
  }
}

/** Whether a collection stays and only its entries change. */
export const isEditable = (node: Syntax, after: Json, page: Page): node is Collection =>
  ((node.kind === "map" && isMapping(after)) || (node.kind === "seq" && isSequence(after))) &&
  node.style !== "bare" &&
  node.entries.length > 0 &&
  isFull(after) &&
  !page.rewritten.has(node);

/** The spaces a line begins with. */
export const indentation = (text: string, offset: number): string =>
  /^[ \t]*/.exec(text.slice(lineStart(text, offset)))?.[0] ?? "";

export const spliced = (text: string, splices: readonly Splice[]): string => {
  let end = 0;
  const parts = splices
    .toSorted((left, right) => left.start - right.start || left.end - right.end)
    .map((splice) => {
      const part = text.slice(end, splice.start) + splice.text;
      end = Math.max(end, splice.end);
      return part;
    });
  return parts.join("") + text.slice(end);
};
