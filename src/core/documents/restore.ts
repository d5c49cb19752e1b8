/**
 * An edited value in terms of its source text. The caller may have looked at the document through a lens: numbers are
 * doubles, and a boolean where Kubernetes wants text may be text. What the caller left alone is put back as the text
 * has it, so that it is neither rewritten nor, where it must be written anew, written differently.
 */
import type { Json } from "../base/json/json.ts";
import { matchItems } from "./match.ts";
import { isRawNumber } from "../base/json/raw-number.ts";
import { isMapping, isSequence, member, members, same } from "./value.ts";

/**
 * `after`, with each part that equals its part of `before` replaced by that part of `source`, wherever it was moved.
 * `before` has the shape of `source`: the same keys and as many items.
 */
export function restored(source: Json, before: Json, after: Json): Json {
  const origins = new Map<Json, Json>();
  collect(source, before, origins);
  return restoredPart(after, { source, before }, origins);
}

interface Origin {
  readonly source: Json | undefined;
  readonly before: Json | undefined;
}

function collect(source: Json | undefined, before: Json, origins: Map<Json, Json>): void {
  if (source === undefined || origins.has(before)) return;
  if (isSequence(before) && isSequence(source)) {
    origins.set(before, source);
    before.forEach((item, index) => collect(source[index], item, origins));
  } else if (isMapping(before) && isMapping(source)) {
    origins.set(before, source);
    for (const [key, value] of members(before)) collect(member(source, key), value, origins);
  }
}

function restoredPart(after: Json, origin: Origin, origins: ReadonlyMap<Json, Json>): Json {
  const { source, before } = origin;
  const moved = origins.get(after);
  if (moved !== undefined) return moved;
  const part = isSequence(after)
    ? restoredItems(after, origin, origins)
    : isMapping(after)
      ? Object.fromEntries(
          members(after).map(([key, value]) => [key, restoredPart(value, memberOrigin(origin, key), origins)]),
        )
      : // A raw number may differ from its source in digits that the double of `before` has lost.
        source !== undefined && !isRawNumber(after) && same(before, after)
        ? source
        : after;
  return source !== undefined && same(source, part) ? source : part;
}

function restoredItems(after: readonly Json[], { source, before }: Origin, origins: ReadonlyMap<Json, Json>): Json {
  const partners = isSequence(before) && isSequence(source) ? matchItems(before, after) : [];
  return after.map((item, index) => {
    return restoredPart(item, itemOrigin({ source, before }, partners[index]), origins);
  });
}

const itemOrigin = ({ source, before }: Origin, index: number | undefined): Origin =>
  index !== undefined && isSequence(source) && isSequence(before)
    ? { source: source[index], before: before[index] }
    : { source: undefined, before: undefined };

const memberOrigin = ({ source, before }: Origin, key: string): Origin => ({
  source: isMapping(source) ? member(source, key) : undefined,
  before: isMapping(before) ? member(before, key) : undefined,
});
