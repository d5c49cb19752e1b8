/** What an injection does to documents, at every place where there is a block collection. */
import { keyOf, readSyntax } from "../../../../src/core/documents/document.ts";
import { editDocument } from "../../../../src/core/documents/edit.ts";
import { splitDocuments } from "../../../../src/core/documents/stream.ts";
import type { Syntax } from "../../../../src/core/documents/syntax.ts";
import type { Json, JsonObject } from "../../../../src/core/base/json/json.ts";

export interface Edit {
  readonly before: string;
  readonly text: string;
  /** What the text is to say. */
  readonly value: Json;
  /** The former value written back. */
  readonly back: string;
}

const added: readonly Json[] = [
  { name: "linkerd-proxy", args: ["a", "b: c"], text: "x\ny\n" },
  "plain",
  "two\nlines\n",
  ["x"],
  { a: { b: ["c"] } },
];

/** One addition to each block collection of each document that can be read; none where an alias would have to change. */
export const editsOf = (stream: string): readonly Edit[] =>
  splitDocuments(stream).flatMap(({ text: before }) => {
    const { root, value = null, issues, notes } = readSyntax(before);
    if (!root || issues.length > 0 || notes.length > 0 || /[*]|<</.test(before)) return [];
    return [...blockPaths(root, [])].map((path, index): Edit => {
      const after = addedAt(value, root, path, added[(index + before.length) % added.length] ?? null, index % 3);
      const text = edited(before, value, after);
      return { before, text, value: after, back: edited(text, after, value) };
    });
  });

function edited(text: string, before: Json, after: Json): string {
  const result = editDocument(text, before, after);
  if ("issues" in result) throw new Error(`${JSON.stringify(result.issues)} for ${JSON.stringify(text)}`);
  return result.text;
}

/** Indexes of entries that lead to block collections which begin on a line of their own. */
function* blockPaths(node: Syntax, path: readonly number[], onDash = false): Generator<readonly number[]> {
  if (node.kind !== "map" && node.kind !== "seq") return;
  if (node.style === "block" && node.entries.length > 0 && !(onDash && node.kind === "seq")) yield path;
  for (const [index, entry] of node.entries.entries()) {
    yield* blockPaths(entry.value, [...path, index], entry.key === undefined || entry.key.start > entry.start);
  }
}

/** The value with an item more at the path: at the beginning, the end, or in the middle of a list, or as a last key. */
function addedAt(value: Json, node: Syntax, path: readonly number[], item: Json, where: number): Json {
  const [index, ...rest] = path;
  if (index === undefined) {
    if (!Array.isArray(value)) return { ...(value as JsonObject), added: item };
    const items: readonly Json[] = value;
    return items.toSpliced([0, items.length, items.length >> 1][where] ?? 0, 0, item);
  }
  const entry = node.kind === "map" || node.kind === "seq" ? node.entries[index] : undefined;
  if (entry === undefined) throw new Error("a path leads to an entry");
  if (Array.isArray(value)) {
    const items: readonly Json[] = value;
    return items.with(index, addedAt(items[index] ?? null, entry.value, rest, item, where));
  }
  const key = keyOf(entry) ?? "";
  const object = value as JsonObject;
  return { ...object, [key]: addedAt(object[key] ?? null, entry.value, rest, item, where) };
}
