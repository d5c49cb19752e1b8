/**
 * Whether two plain values say the same, order of keys aside. Maps are compared by what they hold under each key. What
 * goes very deep counts as another one.
 */
export function equal(a: unknown, b: unknown, levels = deepest): boolean {
  if (Object.is(a, b)) return true;
  if (levels === 0) return false;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) return Array.isArray(a) && Array.isArray(b) && equalLists(a, b, levels - 1);
  if (a instanceof Map || b instanceof Map) return a instanceof Map && b instanceof Map && equalMaps(a, b, levels - 1);
  const [ofA, ofB] = [a as Readonly<Record<string, unknown>>, b as Readonly<Record<string, unknown>>];
  const keys = Object.keys(ofA);
  if (keys.length !== Object.keys(ofB).length) return false;
  // An object as large as may be is compared in some ten milliseconds: nothing is made on the way.
  for (const key of keys) if (!Object.hasOwn(ofB, key) || !equal(ofA[key], ofB[key], levels - 1)) return false;
  return true;
}

function equalLists(a: readonly unknown[], b: readonly unknown[], levels: number): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index += 1) if (!equal(a[index], b[index], levels)) return false;
  return true;
}

function equalMaps(a: ReadonlyMap<unknown, unknown>, b: ReadonlyMap<unknown, unknown>, levels: number): boolean {
  if (a.size !== b.size) return false;
  for (const [key, value] of a) if (!b.has(key) || !equal(value, b.get(key), levels)) return false;
  return true;
}

// Objects that are kept have some ten levels; each is a call.
const deepest = 100;
