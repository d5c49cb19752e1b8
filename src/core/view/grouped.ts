/** Values in groups, each group in the order of its keys. */
export class Grouped<Value> {
  private readonly groups = new Map<string, Map<string, Value>>();
  /** Sorted lists, made when they are asked for. */
  private readonly lists = new Map<string, readonly Value[]>();
  /** Of large groups: what their lists were when they were last asked for. */
  private readonly before = new Map<string, Before<Value>>();

  add(group: string, key: string, value: Value): void {
    const values = this.groups.get(group) ?? new Map<string, Value>();
    this.groups.set(group, values.set(key, value));
    this.changed(group, key);
  }

  remove(group: string, key: string): void {
    const values = this.groups.get(group);
    values?.delete(key);
    if (values?.size === 0) this.groups.delete(group);
    this.changed(group, key);
  }

  size(group: string): number {
    return this.groups.get(group)?.size ?? 0;
  }

  in(group: string): readonly Value[] {
    const values = this.groups.get(group);
    if (values === undefined) return none;
    const known = this.lists.get(group);
    if (known !== undefined) return known;
    const before = this.before.get(group);
    const sorted = before === undefined ? sortedAnew(values) : sortedAgain(values, before);
    this.lists.set(group, sorted.values);
    if (values.size >= large) this.before.set(group, { ...sorted, changed: new Set() });
    else this.before.delete(group);
    return sorted.values;
  }

  private changed(group: string, key: string): void {
    this.lists.delete(group);
    const before = this.before.get(group);
    // What nobody asks for any more is forgotten.
    if (before !== undefined && before.changed.add(key).size >= before.keys.length) this.before.delete(group);
  }
}

/** From so many values on it pays to know what has changed: sorting 100,000 takes a hundred milliseconds. */
const large = 256;

interface Sorted<Value> {
  readonly keys: readonly string[];
  readonly values: readonly Value[];
}

interface Before<Value> extends Sorted<Value> {
  /** Keys of what came, went or is another since then. */
  readonly changed: Set<string>;
}

function sortedAnew<Value>(all: ReadonlyMap<string, Value>): Sorted<Value> {
  const sorted = [...all].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { keys: sorted.map(([key]) => key), values: sorted.map(([, value]) => value) };
}

/** The same, as long as the lists are and no longer: what has not changed stays in its order. */
function sortedAgain<Value>(all: ReadonlyMap<string, Value>, before: Before<Value>): Sorted<Value> {
  const [keys, values]: [string[], Value[]] = [[], []];
  let from = 0;
  const take = (end: number): void => {
    for (; from < end; from += 1) {
      keys.push(before.keys[from] as string);
      values.push(before.values[from] as Value);
    }
  };
  for (const key of [...before.changed].toSorted()) {
    take(placeOf(key, before.keys, from));
    if (before.keys[from] === key) from += 1;
    if (!all.has(key)) continue;
    keys.push(key);
    values.push(all.get(key) as Value);
  }
  take(before.keys.length);
  return { keys, values };
}

/** Of the first key from there on that does not come before it. */
function placeOf(key: string, keys: readonly string[], from: number): number {
  let [low, high] = [from, keys.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((keys[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** One object for all: what is made of a list is remembered by which list it is. */
const none: readonly never[] = [];
