/** Whether two plain values say the same, order of keys aside. Maps are compared by what they hold under each key. */
export function equal(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, index) => equal(item, b[index]))
    );
  }
  if (a instanceof Map !== b instanceof Map) return false;
  const [ofA, ofB] = [entriesOf(a), new Map(entriesOf(b))];
  return ofA.length === ofB.size && ofA.every(([key, value]) => ofB.has(key) && equal(value, ofB.get(key)));
}

const entriesOf = (value: object): readonly (readonly [unknown, unknown])[] =>
  value instanceof Map ? [...value] : Object.entries(value);
