/** Which entries of a map stay, go and come, in whichever style it is written. */
import type { Json, JsonObject } from "../base/json/json.ts";
import { isMerge, keyOf, shadowed } from "./document.ts";
import type { Page } from "./page.ts";
import type { Collection, Entry } from "./syntax.ts";
import { member, members, same } from "./value.ts";

export type EntryChange =
  /** `origin`: which entry it is. */
  | {
      readonly kind: "kept";
      readonly entry: Entry;
      readonly origin: number;
      readonly before: Json;
      readonly after: Json;
    }
  | { readonly kind: "removed"; readonly entry: Entry }
  | { readonly kind: "added"; readonly key: string; readonly value: Json };

/** In order of the text. */
export function entryChanges(
  node: Collection,
  before: JsonObject,
  after: JsonObject,
  page: Page,
): readonly EntryChange[] {
  const own = new Set<string>();
  const idle = shadowed(node);
  const changes = node.entries.map((entry, origin): EntryChange => {
    const key = keyOf(entry) ?? "";
    const value = isMerge(entry) ? undefined : member(after, key);
    if (isMerge(entry) || (idle.has(entry) && value !== undefined)) {
      const unchanged = page.valueOf(entry.value);
      return { kind: "kept", entry, origin, before: unchanged, after: unchanged };
    }
    own.add(key);
    if (value === undefined) return { kind: "removed", entry };
    return { kind: "kept", entry, origin, before: member(before, key) ?? null, after: value };
  });
  // A member that comes from a merged map and stays needs no entry of its own.
  const added = members(after)
    .filter(([key, value]) => !own.has(key) && !same(member(before, key), value))
    .map(([key, value]): EntryChange => ({ kind: "added", key, value }));
  return [...changes, ...added];
}
