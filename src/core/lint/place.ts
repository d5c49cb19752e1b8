/** Where in a document something is that a finding is about. */
import type { Collection, Entry, Syntax } from "../documents/syntax.ts";

/** The node of an item of a List; of any other document its root. */
export function objectNode(root: Syntax, item: number | undefined): Syntax {
  if (item === undefined) return root;
  const items = entriesOf(root).find((entry) => keyOf(entry) === "items")?.value;
  return (items === undefined ? undefined : entriesOf(items)[item]?.value) ?? root;
}

/** Offset of the first key of that text below a node, else of the node itself. Looked through once, and only if asked. */
export function keyOffsets(node: Syntax): (key: string) => number {
  let known: Map<string, number> | undefined;
  return (key) => {
    known ??= keysBelow(node, new Map());
    return known.get(key) ?? node.start;
  };
}

function keysBelow(node: Syntax, known: Map<string, number>): Map<string, number> {
  for (const entry of entriesOf(node)) {
    const key = keyOf(entry);
    if (key !== undefined && !known.has(key)) known.set(key, entry.start);
    keysBelow(entry.value, known);
  }
  return known;
}

/** The number of the line that an offset of the text is in; that of the first line is given. */
export function lineNumbers(text: string, firstLine: number): (offset: number) => number {
  const breaks = [...text.matchAll(/\n/g)].map(({ index }) => index);
  return (offset) => {
    // How many breaks are before it, by halves.
    let [from, to] = [0, breaks.length];
    while (from < to) {
      const middle = Math.floor((from + to) / 2);
      if ((breaks[middle] ?? offset) < offset) from = middle + 1;
      else to = middle;
    }
    return firstLine + from;
  };
}

/** Offset of the key that a path such as `proxy.image` leads to, or of the last one on the way that is there. */
export function pathOffset(node: Syntax, path: string): number {
  let offset = node.start;
  let at: Syntax | undefined = node;
  for (const name of path.split(".")) {
    const entry: Entry | undefined = at === undefined ? undefined : entriesOf(at).find((each) => keyOf(each) === name);
    if (entry === undefined) break;
    offset = entry.start;
    at = entry.value;
  }
  return offset;
}

const entriesOf = (node: Syntax): readonly Entry[] => (isCollection(node) ? node.entries : []);
const isCollection = (node: Syntax): node is Collection => node.kind === "map" || node.kind === "seq";

/** As it is written, without its quotes: keys of annotations need no escapes. */
const keyOf = ({ key }: Entry): string | undefined =>
  key?.kind === "scalar" ? key.source.replaceAll(/^["']|["']$/g, "") : undefined;
