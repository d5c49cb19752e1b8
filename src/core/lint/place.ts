/** Where in a document something is that a finding is about. */
import type { Collection, Entry, Syntax } from "../documents/syntax.ts";

/** The node of an item of a List; of any other document its root. */
export function objectNode(root: Syntax, item: number | undefined): Syntax {
  if (item === undefined) return root;
  const items = entriesOf(root).find((entry) => keyOf(entry) === "items")?.value;
  return (items === undefined ? undefined : entriesOf(items)[item]?.value) ?? root;
}

/** Offset of the first key of that text below a node, else of the node itself. */
export const keyOffset = (node: Syntax, key: string): number => keyBelow(node, key) ?? node.start;

function keyBelow(node: Syntax, key: string): number | undefined {
  for (const entry of entriesOf(node)) {
    if (keyOf(entry) === key) return entry.start;
    const below = keyBelow(entry.value, key);
    if (below !== undefined) return below;
  }
  return undefined;
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
