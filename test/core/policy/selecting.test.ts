import { expect } from "chai";
import fc from "fast-check";
import type { JsonObject, Labels } from "../../../src/core/base/json/json.ts";
import { selectingOf, takenBy } from "../../../src/core/policy/selecting.ts";
import { labelSelector } from "../../../src/core/policy/selector.ts";
import type { Selector } from "../../../src/core/policy/selector.ts";
import { runs } from "../../support/properties.ts";

const selector = (value: JsonObject): Selector => labelSelector(value, "selector").value;

const key = fc.constantFrom("app", "tier", "constructor", "zone");
const text = fc.constantFrom("a", "b", "c", "");
const labels: fc.Arbitrary<Labels> = fc.dictionary(key, text, { maxKeys: 4 });
const expression = fc.record({
  key,
  operator: fc.constantFrom("In", "NotIn", "Exists", "DoesNotExist", "Like"),
  values: fc.array(text, { maxLength: 3 }),
});
const selectors = fc.array(
  fc
    .record({
      matchLabels: fc.dictionary(key, text, { maxKeys: 3 }),
      matchExpressions: fc.array(expression, { maxLength: 2 }),
    })
    .map((value) => selector(value)),
  { maxLength: 12 },
);

/** How often labels are looked at. */
function counted(plain: Labels): { readonly labels: Labels; readonly looks: () => number } {
  let count = 0;
  const look = (): void => void (count += 1);
  return {
    labels: new Proxy(plain, {
      getOwnPropertyDescriptor: (target, name) => {
        look();
        return Reflect.getOwnPropertyDescriptor(target, name);
      },
    }),
    looks: () => count,
  };
}

describe("policy/selecting", () => {
  it("finds those selectors that take the labels, each once", () => {
    fc.assert(
      fc.property(selectors, labels, (all, of) => {
        const taken = selectingOf(all, (each) => each).taking(of);
        const places = taken.map((each) => all.indexOf(each)).toSorted((a, b) => a - b);
        expect(places).to.deep.equal(all.flatMap(({ takes }, index) => (takes(of) ? [index] : [])));
      }),
      runs(500),
    );
  });

  it("finds what a selector takes, in order", () => {
    const items = fc.array(
      labels.map((of) => ({ labels: of })),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(items, selectors, (all, asked) => {
        for (const each of asked)
          expect(takenBy(all, each)).to.deep.equal(all.filter((item) => each.takes(item.labels)));
      }),
      runs(300),
    );
  });

  it("asks labels no more often, however many selectors want others", () => {
    const looks = (others: number): number => {
      const { labels: of, looks } = counted({ app: "x", n: "n1" });
      // All want what the labels have, and beside it something that is rarer.
      const all = Array.from({ length: others }, (_, index) => selector({ matchLabels: { app: "x", n: `m${index}` } }));
      selectingOf([...all, selector({ matchLabels: { app: "x" } })], (each) => each).taking(of);
      return looks();
    };
    expect(looks(1_000)).to.equal(looks(10));
  });

  const many = (count: number, of: (index: number) => JsonObject) =>
    Array.from({ length: count }, (_, index) => of(index));
  const rows: readonly [claim: string, selectors: readonly JsonObject[], over: number][] = [
    [
      "by one label, as many as may be",
      many(10, (index) => ({ matchExpressions: [{ key: "n", operator: "NotIn", values: [`${index}`] }] })),
      0,
    ],
    [
      "by one label, more",
      many(13, (index) => ({ matchExpressions: [{ key: "n", operator: "NotIn", values: [`${index}`] }] })),
      3,
    ],
    ["by labels of their own", many(100, (index) => ({ matchLabels: { n: `${index}` } })), 0],
    [
      "that have more in them",
      many(4, (index) => ({
        matchLabels: { a: "1", b: "2", c: "3" },
        matchExpressions: [{ key: "n", operator: "NotIn", values: [`${index}`] }],
      })),
      2,
    ],
  ];
  for (const [claim, asked, over] of rows)
    it(`${claim}: ${over} over the bound`, () => {
      const all = asked.map(selector);
      expect(selectingOf(all, (each) => each, 10).over).to.deep.equal(over === 0 ? [] : all.slice(-over));
    });
});
