/**
 * Whether two plain values say the same, order of keys aside. Maps are compared by what they hold under each key. What
 * goes very deep counts as another one.
 */
export function equal(a: unknown, b: unknown, levels = deepest): boolean {
  if (Object.is(a, b)) return true;
  if (levels === 0) return false;
  const same = (one: unknown, other: unknown): boolean => equal(one, other, levels - 1);
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, index) => same(item, b[index]))
    );
  }
  if (a instanceof Map !== b instanceof Map) return false;
  const [ofA, ofB] = [entriesOf(a), new Map(entriesOf(b))];
  return ofA.length === ofB.size && ofA.every(([key, value]) => ofB.has(key) && same(value, ofB.get(key)));
}

const entriesOf = (value: object): readonly (readonly [unknown, unknown])[] =>
  value instanceof Map ? [...value] : Object.entries(value);

// Objects that are kept have some ten levels; each is a call.
const deepest = 100;
