/** Any document, in any style, with comments anywhere, and any change of its value. */
import fc from "fast-check";
import { Document, isCollection, visit } from "yaml";
import { readDocument } from "../../../src/core/documents/document.ts";
import { isFull, same } from "../../../src/core/documents/value.ts";
import type { Json } from "../../../src/core/base/json/json.ts";

/** A text and the value it has. */
interface Source {
  readonly text: string;
  readonly value: Json;
}

// prettier-ignore
const risky = fc.constantFrom(
  "", " ", "y", "no", "null", "~", "0644", "1:30", "1_000", ".5", "2001-01-01", "<<", "=", "- a", "a: b", "a #b", "#",
  "{", "]", ",", "*a", "&a", "!t", "%", "@", "`", "|", ">", "?", ":", "-", "--- ", "...", "'", '"', "\\", "a ", " a",
  "a\nb", "a\nb\n", "\na", "a\n\n", "a\n  b\n c", " a\nb", "a\n---\nb", "a\r\nb", "\t", "a\tb", "\u0000", "\u0007",
  "\u0085", "\u2028", "\ufeff", "😀", "é", "\u007f", "__proto__", "1-65535", "a\n#b\n", "a \nb", "a\n\tb\n",
);
const text = fc.oneof({ weight: 3, arbitrary: fc.string({ maxLength: 8 }) }, { weight: 2, arbitrary: risky });
const key = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("a", "b", "c", "d", "e", "f", "g", "h") },
  { weight: 1, arbitrary: text },
);
const leaf = fc.oneof(
  text,
  fc.boolean(),
  fc.constant(null),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
);

function map<Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Record<string, Value>> {
  const pair = fc.tuple(key, value);
  return fc.uniqueArray(pair, { maxLength: 5, selector: ([name]) => name }).map((pairs) => Object.fromEntries(pairs));
}

const { value } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, leaf, map(tie("value")), fc.array(tie("value"), { maxLength: 4 })),
}));
export const anyValue = value;
const root = fc.oneof({ weight: 9, arbitrary: map(value) }, { weight: 1, arbitrary: value });

/** Values whose leaves can be told apart in any text. */
export const marked = root.filter(isFull).map((value) => {
  let count = 0;
  return JSON.parse(JSON.stringify(value), (_, part: unknown) =>
    typeof part === "object" && part !== null ? part : `<${++count}>`,
  ) as Json;
});
export const marker = /<[0-9]+>/;
export const markers = /<[0-9]+>/g;

/** A line without what its neighbours decide: the dash it shares, its comma. */
export const bare = (line: string): string =>
  line.replace(/^[- ]*/, (lead) => " ".repeat(lead.length)).replace(/,$/, "");

interface Look {
  readonly style: "block" | "json" | "compact";
  readonly indent: number;
  readonly indentSeq: boolean;
  /** Every so many collections one is in flow style. */
  readonly flow: number;
  readonly newline: string;
  readonly ended: boolean;
  /** Where comments go: a line, and whether it is a line of its own with so much indentation. */
  readonly comments: readonly { readonly line: number; readonly indent: number }[];
}

export const look: fc.Arbitrary<Look> = fc.record({
  style: fc.constantFrom("block", "block", "block", "json", "compact"),
  indent: fc.integer({ min: 1, max: 4 }),
  indentSeq: fc.boolean(),
  flow: fc.integer({ min: 1, max: 6 }),
  newline: fc.constantFrom("\n", "\n", "\r\n"),
  ended: fc.boolean(),
  comments: fc.array(fc.record({ line: fc.nat(20), indent: fc.integer({ min: -4, max: 6 }) }), { maxLength: 6 }),
});

export function rendered(value: Json, { style, indent, indentSeq, flow, newline, ended, comments }: Look): string {
  if (style === "compact") return JSON.stringify(value);
  if (style === "json") return JSON.stringify(value, null, indent).replaceAll("\n", newline);
  const document = new Document(value, { version: "1.1", aliasDuplicateObjects: false });
  let count = 0;
  visit(document, (_, node) => {
    if (isCollection(node) && ++count % flow === 0 && flow > 1) node.flow = true;
  });
  const plain = document.toString({
    indent: Math.max(indent, 1),
    indentSeq,
    lineWidth: 40,
    flowCollectionPadding: indent > 2,
  });
  const lines = (ended ? plain : plain.trimEnd()).split("\n");
  const commented = comments.reduce((before, { line, indent: column }) => {
    const at = line % before.length;
    const comment = `# comment ${line}`;
    const after =
      column < 0
        ? before.with(at, `${before[at] ?? ""} ${comment}`)
        : before.toSpliced(at, 0, column === 0 ? "" : `${" ".repeat(column - 1)}${comment}`);
    return same(readDocument(after.join("\n")).value, readDocument(before.join("\n")).value) ? after : before;
  }, lines);
  return commented.join(newline);
}

export const source: fc.Arbitrary<Source> = fc
  .tuple(root, look)
  .map(([value, style]) => rendered(value, style))
  .map((rendering) => ({ text: rendering, read: readDocument(rendering) }))
  .filter(({ read }) => read.issues.length === 0 && read.value !== undefined)
  .map(({ text: rendering, read }) => ({ text: rendering, value: read.value ?? null }));

/** What happens to the part of a value that a path leads to. */
interface Change {
  readonly path: readonly number[];
  readonly kind: "add" | "remove" | "replace";
  readonly at: number;
  readonly key: string;
  readonly value: Json;
}

export const changeOf = (...kinds: Change["kind"][]): fc.Arbitrary<Change> =>
  fc.record({
    path: fc.array(fc.nat(5), { maxLength: 4 }),
    kind: fc.constantFrom(...kinds),
    at: fc.nat(5),
    key,
    value,
  });

export function changed(before: Json, { path, ...change }: Change): Json {
  const [step, ...rest] = path;
  if (typeof before !== "object" || before === null) return change.kind === "replace" ? change.value : before;
  const count = Object.keys(before).length;
  const enter = step !== undefined && count > 0;
  if (Array.isArray(before)) {
    const items: readonly Json[] = before;
    const at = (enter ? step : change.at) % Math.max(count, 1);
    if (enter) return items.with(at, changed(items[at] ?? null, { path: rest, ...change }));
    if (change.kind === "add") return items.toSpliced(change.at % (count + 1), 0, change.value);
    if (count === 0) return before;
    return change.kind === "remove" ? items.toSpliced(at, 1) : items.with(at, change.value);
  }
  const entries = Object.entries(before) as [string, Json][];
  const at = (enter ? step : change.at) % Math.max(count, 1);
  const [name = "", old = null] = entries[at] ?? [];
  if (enter) return Object.fromEntries(entries.with(at, [name, changed(old, { path: rest, ...change })]));
  if (change.kind === "add") {
    if (Object.hasOwn(before, change.key)) return before;
    return Object.fromEntries([...entries, [change.key, change.value]]);
  }
  if (count === 0) return before;
  return Object.fromEntries(
    change.kind === "remove" ? entries.toSpliced(at, 1) : entries.with(at, [name, change.value]),
  );
}
