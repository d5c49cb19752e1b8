/** Where in a document something is that a finding is about. */
import { pointerKeys } from "../base/json/pointer.ts";
import { perObject } from "../base/memory/memo.ts";
import type { Collection, Entry, Syntax } from "../documents/syntax.ts";

/** The node of an item of a List; of any other document its root. */
export function objectNode(root: Syntax, item: number | undefined): Syntax {
  return item === undefined ? root : (entryAt(root, ["items", String(item)])?.value ?? root);
}

/**
 * Offset below an object's node of what a finding is about: a path (`spec.ports[0].port`, or a pointer), of the object or
 * of the pod in it; else the first key that is called so; else the end of the path that is there. Keys are looked through
 * once, and only if asked.
 */
export function offsets(node: Syntax, pod: readonly string[]): (about: string) => number {
  let known: ReadonlyMap<string, number> | undefined;
  return (about) => {
    const path = pathKeys(about) ?? [];
    const found = entryAt(node, path) ?? entryAt(node, [...pod, ...path]);
    if (found !== undefined) return found.start;
    known ??= keysBelow(node, new Map());
    return known.get(about) ?? pathOffset(node, path);
  };
}

/** Of a pointer, or of a path such as `spec.ingress[0]["a key"]`; undefined: it is another text. */
export function pathKeys(about: string): readonly string[] | undefined {
  if (about.startsWith("/")) return pointerKeys(about);
  const steps = about.match(step) ?? [];
  return steps.join("") === about ? steps.map(keyOfStep) : undefined;
}

const step = /\["(?:[^"\\]|\\.)*"\]|\[[0-9]+\]|(?:^|\.)[^.[\]]+/g;
const keyOfStep = (text: string): string =>
  text.startsWith('["') ? text.slice(2, -2).replaceAll(/\\(.)/g, "$1") : text.replaceAll(/^[.[]|\]$/g, "");

/** Offset of the key that a path leads to, or of the last one on the way that is there. */
export function pathOffset(node: Syntax, path: readonly string[]): number {
  const way = path.map((_, index) => entryAt(node, path.slice(0, index + 1)));
  return way.findLast((entry) => entry !== undefined)?.start ?? node.start;
}

/** What is at a path; positions in lists are texts as well. */
export function entryAt(node: Syntax, path: readonly string[]): Entry | undefined {
  let entry: Entry | undefined;
  let at: Syntax | undefined = node;
  for (const key of path) {
    const collection = collectionAt(at);
    entry = collection && membersOf(collection).get(key);
    at = entry?.value;
  }
  return entry;
}

/** An alias is what it names. */
const collectionAt = (node: Syntax | undefined): Collection | undefined =>
  node?.kind === "alias" ? collectionAt(node.target) : node?.kind === "scalar" ? undefined : node;

/** The last of equal keys counts. */
const membersOf = perObject(
  ({ kind, entries }: Collection): ReadonlyMap<string, Entry> =>
    new Map(entries.map((entry, index) => [kind === "seq" ? String(index) : (keyOf(entry) ?? ""), entry])),
);

function keysBelow(node: Syntax, known: Map<string, number>): Map<string, number> {
  for (const entry of node.kind === "map" || node.kind === "seq" ? node.entries : []) {
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

/** As it is written, without its quotes: keys of annotations need no escapes. */
const keyOf = ({ key }: Entry): string | undefined =>
  key?.kind === "scalar" ? key.source.replaceAll(/^["']|["']$/g, "") : undefined;
