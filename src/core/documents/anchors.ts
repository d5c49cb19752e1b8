/** Aliases whose anchor changes: each place that says `*name` keeps its value only when that is written out there. */
import type { Json } from "../base/json/json.ts";
import { isMerge, keyOf } from "./document.ts";
import { matchItems } from "./match.ts";
import type { Entry, Syntax } from "./syntax.ts";
import { isMapping, isSequence, member, same } from "./value.ts";

/** Those aliases, and everything that holds one of them. */
export function outdatedNodes(root: Syntax, before: Json, after: Json): ReadonlySet<Syntax> {
  const outdated = new Set<Syntax>();
  if (!hasAlias(root)) return outdated;
  const changed = new Set(changedAnchors(root, before, after));
  const visit = (node: Syntax): boolean => {
    const found =
      node.kind === "alias"
        ? node.target !== undefined && changed.has(node.target)
        : childrenOf(node).map(visit).includes(true);
    if (found) outdated.add(node);
    return found;
  };
  visit(root);
  return outdated;
}

const childrenOf = (node: Syntax): readonly Syntax[] =>
  node.kind === "map" || node.kind === "seq" ? node.entries.map(({ value }) => value) : [];

const hasAlias = (node: Syntax): boolean => node.kind === "alias" || childrenOf(node).some(hasAlias);

function changedAnchors(node: Syntax, before: Json, after: Json | undefined): readonly Syntax[] {
  if (after === undefined) return anchorsIn(node);
  if (same(before, after)) return [];
  const own = node.anchor === undefined ? [] : [node];
  if (node.kind === "map" && isMapping(before) && isMapping(after)) {
    const partOf = (entry: Entry): readonly Syntax[] => {
      if (isMerge(entry)) return [];
      const key = keyOf(entry) ?? "";
      return changedAnchors(entry.value, member(before, key) ?? null, member(after, key));
    };
    return [...own, ...node.entries.flatMap(partOf)];
  }
  if (node.kind === "seq" && isSequence(before) && isSequence(after)) {
    const successors = new Map(matchItems(before, after).map((origin, index) => [origin, after[index]] as const));
    return [
      ...own,
      ...node.entries.flatMap((entry, index) =>
        changedAnchors(entry.value, before[index] ?? null, successors.get(index)),
      ),
    ];
  }
  return anchorsIn(node);
}

const anchorsIn = (node: Syntax): readonly Syntax[] => [
  ...(node.anchor === undefined ? [] : [node]),
  ...childrenOf(node).flatMap(anchorsIn),
];
