import { expect } from "chai";
import fc from "fast-check";
import { Grouped } from "../../../src/core/view/grouped.ts";
import { runs } from "../../support/properties.ts";

describe("view/grouped", () => {
  it("gives each group's values in the order of keys, whatever came and went", () => {
    const step = fc.record({
      group: fc.constantFrom("a", "b"),
      key: fc.constantFrom("k1", "k2", "k10", "k3"),
      value: fc.option(fc.nat(9), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const grouped = new Grouped<number>();
        const model = new Map<string, Map<string, number>>([
          ["a", new Map()],
          ["b", new Map()],
        ]);
        for (const { group, key, value } of steps) {
          if (value === undefined) grouped.remove(group, key);
          else grouped.add(group, key, value);
          if (value === undefined) model.get(group)?.delete(key);
          else model.get(group)?.set(key, value);
          for (const [name, values] of model)
            expect(grouped.in(name)).to.deep.equal(
              [...values.keys()].toSorted().map((each) => values.get(each)),
              name,
            );
        }
      }),
      runs(200),
    );
  });

  it("so it does of many, and a list that was given stays as it was", () => {
    const keyOf = (number: number): string => `k${number}`;
    const change = fc.record({ number: fc.nat(400), isGone: fc.boolean() });
    fc.assert(
      fc.property(
        fc.array(fc.array(change, { maxLength: 20 }), { maxLength: 30 }),
        fc.boolean(),
        (rounds, isCleared) => {
          const grouped = new Grouped<number>();
          const model = new Map<string, number>();
          let value = 0;
          const set = (key: string, isGone: boolean): void => {
            value += 1;
            if (isGone) grouped.remove("a", key);
            else grouped.add("a", key, value);
            if (isGone) model.delete(key);
            else model.set(key, value);
          };
          for (let each = 0; each < 300; each += 1) set(keyOf(each), false);
          const inOrder = (): readonly (number | undefined)[] =>
            [...model.keys()].toSorted().map((key) => model.get(key));
          for (const round of rounds) {
            const [before, copy] = [grouped.in("a"), [...grouped.in("a")]];
            for (const { number, isGone } of round) set(keyOf(number), isGone);
            expect(grouped.in("a")).to.deep.equal(inOrder());
            expect(before).to.deep.equal(copy);
          }
          if (isCleared) for (const key of model.keys()) set(key, true);
          set("k1", false);
          expect(grouped.in("a")).to.deep.equal(inOrder());
        },
      ),
      runs(100),
    );
  });

  it("gives the same list while nothing changes", () => {
    const grouped = new Grouped<number>();
    grouped.add("a", "k", 1);
    expect(grouped.in("a")).to.equal(grouped.in("a"));
    expect(grouped.in("none")).to.equal(grouped.in("none"));
  });
});
