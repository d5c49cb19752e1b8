/** Combinations that have each pair of values of two rows at least once. */

export type Combination<Value> = ReadonlyMap<string, Value>;

/** Name of a row → its values. The same rows give the same combinations. */
export function pairwise<Value>(rows: ReadonlyMap<string, readonly Value[]>): readonly Combination<Value>[] {
  const names = [...rows.keys()];
  const wanted = new Set<string>();
  for (const [index, one] of names.entries())
    for (const other of names.slice(index + 1))
      for (const a of indexes(rows, one))
        for (const b of indexes(rows, other)) wanted.add(pairOf([one, a], [other, b]));
  const combinations: Combination<Value>[] = [];
  while (wanted.size > 0) {
    const chosen = oneMore(rows, wanted);
    for (const [index, one] of chosen.entries())
      for (const other of chosen.slice(index + 1)) wanted.delete(pairOf(one, other));
    combinations.push(new Map(chosen.map(([name, at]) => [name, valueAt(rows, name, at)])));
  }
  return combinations;
}

/** Each value of each row at least once. */
export function eachOnce<Value>(rows: ReadonlyMap<string, readonly Value[]>): readonly Combination<Value>[] {
  const most = Math.max(...[...rows.values()].map(({ length }) => length));
  return Array.from(
    { length: most },
    (_, turn) =>
      new Map([...rows.keys()].map((name) => [name, valueAt(rows, name, turn % (rows.get(name)?.length ?? 1))])),
  );
}

type Chosen = readonly [name: string, index: number];

const pairOf = (one: Chosen, other: Chosen): string => JSON.stringify([one, other]);

const indexes = <Value>(rows: ReadonlyMap<string, readonly Value[]>, name: string): readonly number[] => [
  ...(rows.get(name) ?? []).keys(),
];

function valueAt<Value>(rows: ReadonlyMap<string, readonly Value[]>, name: string, index: number): Value {
  const value = rows.get(name)?.[index];
  if (value === undefined) throw new Error(`${name} has no value ${index}`);
  return value;
}

/** Begins with a pair that is wanted; then of each row the value that brings most. */
function oneMore<Value>(rows: ReadonlyMap<string, readonly Value[]>, wanted: ReadonlySet<string>): readonly Chosen[] {
  const [first = "[]"] = wanted;
  const start = new Map(JSON.parse(first) as Chosen[]);
  const chosen: Chosen[] = [];
  for (const name of rows.keys()) {
    const gain = (index: number): number => chosen.filter((before) => wanted.has(pairOf(before, [name, index]))).length;
    const [best = 0] = indexes(rows, name).toSorted((one, other) => gain(other) - gain(one));
    chosen.push([name, start.get(name) ?? best]);
  }
  return chosen;
}
