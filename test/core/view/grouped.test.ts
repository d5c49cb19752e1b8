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

  it("gives the same list while nothing changes", () => {
    const grouped = new Grouped<number>();
    grouped.add("a", "k", 1);
    expect(grouped.in("a")).to.equal(grouped.in("a"));
    expect(grouped.in("none")).to.equal(grouped.in("none"));
  });
});
