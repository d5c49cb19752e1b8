/** Facts as they come, and what is told of each category as soon as all is known that it looks at. */
import { CheckRun } from "../../core/checks/run.ts";
import type { CategoryResult, PageOf } from "../../core/checks/run.ts";
import type { ReadingCategory } from "../../core/checks/check.ts";

/** By name, each when it is known. None rejects. */
export type Coming<Facts> = { readonly [Name in keyof Facts]: Promise<Facts[Name]> };

/** In the order of the table: one that is known later holds up those below it. */
export async function* asKnown<Facts>(
  categories: readonly ReadingCategory<Facts>[],
  coming: Coming<Facts>,
  pageOf: PageOf,
): AsyncGenerator<CategoryResult> {
  const run = new CheckRun<Facts>(pageOf);
  const known: Partial<Facts> = {};
  for (const category of categories) {
    for (const name of category.reads) known[name] = await coming[name];
    // What it reads is known (test/core/checks/after.test.ts).
    yield run.category(category, known as Facts);
  }
}

/** All that comes, in order. */
export async function gathered<Value>(coming: AsyncIterable<Value>): Promise<readonly Value[]> {
  const all: Value[] = [];
  for await (const each of coming) all.push(each);
  return all;
}
