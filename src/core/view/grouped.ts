/** Values in groups, each group in the order of its keys. */
export class Grouped<Value> {
  private readonly groups = new Map<string, Map<string, Value>>();
  /** Sorted lists, made when they are asked for. */
  private readonly lists = new Map<string, readonly Value[]>();

  add(group: string, key: string, value: Value): void {
    const values = this.groups.get(group) ?? new Map<string, Value>();
    this.groups.set(group, values.set(key, value));
    this.lists.delete(group);
  }

  remove(group: string, key: string): void {
    const values = this.groups.get(group);
    values?.delete(key);
    if (values?.size === 0) this.groups.delete(group);
    this.lists.delete(group);
  }

  size(group: string): number {
    return this.groups.get(group)?.size ?? 0;
  }

  in(group: string): readonly Value[] {
    const values = this.groups.get(group);
    if (values === undefined) return none;
    const known = this.lists.get(group);
    if (known !== undefined) return known;
    const sorted = [...values].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
    this.lists.set(group, sorted);
    return sorted;
  }
}

/** One object for all: what is made of a list is remembered by which list it is. */
const none: readonly never[] = [];
