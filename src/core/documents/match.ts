/** Which item of an edited list was which item before. */
import type { Json } from "../base/json/json.ts";
import { isMapping, member, same } from "./value.ts";

/**
 * For each item of `after` its index in `before`, or undefined when it is new; indices only grow. Items that are the
 * same object come first, then equal ones and ones of the same name; what lies between them is paired in order when
 * there are as many items before as after, except that an item never takes the place of one with another name.
 */
export function matchItems(before: readonly Json[], after: readonly Json[]): readonly (number | undefined)[] {
  const identical = common(whole(before, after), (left, right) => before[left] === after[right]);
  const alike = between(identical, before.length, after.length).flatMap((gap) =>
    common(gap, (left, right) => akin(before[left] ?? null, after[right] ?? null)),
  );
  const known = [...identical, ...alike].toSorted(([, left], [, right]) => left - right);
  const paired = between(known, before.length, after.length).flatMap((gap) =>
    gap.left.length === gap.right.length
      ? gap.left
          .map((left, index): Pair => [left, gap.right[index] ?? 0])
          .filter(([left, right]) => !renamed(before[left] ?? null, after[right] ?? null))
      : [],
  );
  const partners = new Map([...known, ...paired].map(([left, right]) => [right, left] as const));
  return after.map((_, index) => partners.get(index));
}

type Pair = readonly [left: number, right: number];

/** A stretch of the list before and the stretch after that took its place. */
interface Gap {
  readonly left: readonly number[];
  readonly right: readonly number[];
}

const range = (start: number, end: number): readonly number[] =>
  Array.from({ length: Math.max(0, end - start) }, (_, index) => start + index);

const whole = (before: readonly Json[], after: readonly Json[]): Gap => ({
  left: range(0, before.length),
  right: range(0, after.length),
});

const between = (pairs: readonly Pair[], before: number, after: number): readonly Gap[] =>
  [...pairs, [before, after] as const].map(([left, right], index) => {
    const [lastLeft, lastRight] = pairs[index - 1] ?? [-1, -1];
    return { left: range(lastLeft + 1, left), right: range(lastRight + 1, right) };
  });

/** Equal, or the same thing to Kubernetes: list items are known by `name`, whole objects by kind and name. */
function akin(before: Json, after: Json): boolean {
  if (isMapping(before) && isMapping(after)) {
    const [left, right] = [before, after].map(nameOf);
    if (left !== undefined || right !== undefined) return left === right;
  }
  return same(before, after);
}

const renamed = (before: Json, after: Json): boolean =>
  nameOf(before) !== undefined && nameOf(after) !== undefined && nameOf(before) !== nameOf(after);

function nameOf(item: Json): string | undefined {
  if (!isMapping(item)) return undefined;
  const metadata = member(item, "metadata");
  const name = isMapping(metadata) ? [member(item, "kind"), member(metadata, "name")] : [member(item, "name")];
  return typeof name.at(-1) === "string" ? JSON.stringify(name) : undefined;
}

// The table of the longest common subsequence has one cell for each pair of items.
const mostCells = 1_000_000;

/** The longest run of pairs that agree, in order: a longest common subsequence. */
function common({ left, right }: Gap, agree: (left: number, right: number) => boolean): readonly Pair[] {
  const edge = left.findIndex((item, index) => right[index] === undefined || !agree(item, right[index]));
  const head = edge === -1 ? Math.min(left.length, right.length) : edge;
  const start = range(0, head).map((index): Pair => [left[index] ?? 0, right[index] ?? 0]);
  const [restLeft, restRight] = [left.slice(head), right.slice(head)];
  if (restLeft.length * restRight.length > mostCells) return start;
  return [...start, ...longest(restLeft, restRight, agree)];
}

function longest(
  left: readonly number[],
  right: readonly number[],
  agree: (left: number, right: number) => boolean,
): readonly Pair[] {
  const width = right.length + 1;
  const lengths = new Uint32Array((left.length + 1) * width);
  const at = (row: number, column: number): number => lengths[row * width + column] ?? 0;
  const equal = left.map((one) => right.map((other) => agree(one, other)));
  for (let row = left.length - 1; row >= 0; row -= 1) {
    for (let column = right.length - 1; column >= 0; column -= 1) {
      const both = equal[row]?.[column] === true ? at(row + 1, column + 1) + 1 : 0;
      lengths[row * width + column] = Math.max(both, at(row + 1, column), at(row, column + 1));
    }
  }
  const pairs: Pair[] = [];
  for (let row = 0, column = 0; row < left.length && column < right.length;) {
    if (equal[row]?.[column] === true && at(row, column) === at(row + 1, column + 1) + 1) {
      pairs.push([left[row] ?? 0, right[column] ?? 0]);
      row += 1;
      column += 1;
    } else if (at(row + 1, column) >= at(row, column + 1)) row += 1;
    else column += 1;
  }
  return pairs;
}
