import { expect } from "chai";
import fc from "fast-check";
import { fairPlaces } from "../../src/kube/places.ts";
import type { Place } from "../../src/kube/places.ts";
import { runs } from "../support/properties.ts";

/** Takes places one after the other, such as `a10`: owner and bytes. Gives what is held in the end, in order. */
function held(most: number, asked: string): string {
  const places = fairPlaces(most);
  const kept = new Set<string>();
  for (const [index, each] of asked.split(" ").entries()) {
    const name = `${each}#${index}`;
    const place = places.take(each[0] ?? "", Number(each.slice(1)), () => kept.delete(name));
    if (place !== undefined) kept.add(name);
  }
  return [...kept].map((name) => name.split("#")[0]).join(" ");
}

describe("kube/places, shared fairly", () => {
  const rows: readonly [claim: string, most: number, asked: string, expected: string][] = [
    ["all that fit", 30, "a10 b10 a10", "a10 b10 a10"],
    ["whoever is alone gets no more than there is", 30, "a10 a10 a10 a10", "a10 a10 a10"],
    ["who comes later gets room from who has most, what that one took last", 30, "a8 a9 a10 b5", "a8 a9 b5"],
    ["as long as that one has more than it would", 40, "a10 a10 a10 a10 b10 b10 b10", "a10 a10 b10 b10"],
    ["who has little keeps it", 40, "c5 a10 a10 a10 b10 b10", "c5 a10 a10 b10"],
    ["what is larger than all others have: left out", 30, "a10 b10 c25", "a10 b10"],
    ["more than there is room for at all", 30, "a31 b5", "b5"],
  ];
  for (const [claim, most, asked, expected] of rows)
    it(claim, () => {
      expect(held(most, asked)).to.equal(expected);
    });

  describe("one that grows", () => {
    /** `a10 b10`, then the one with this index is so large; what is held, and whether it could be. */
    const grown = (most: number, asked: string, index: number, bytes: number): readonly unknown[] => {
      const places = fairPlaces(most);
      const kept = new Map<number, Place>();
      for (const [each, text] of asked.split(" ").entries()) {
        const place = places.take(text[0] ?? "", Number(text.slice(1)), () => kept.delete(each));
        if (place !== undefined) kept.set(each, place);
      }
      const isDone = kept.get(index)?.resize(bytes);
      return [isDone, [...kept.keys()].join("")];
    };
    const rows: readonly [claim: string, args: Parameters<typeof grown>, expected: readonly unknown[]][] = [
      ["where there is room", [40, "a10 b10", 0, 20], [true, "01"]],
      ["for what its owner took last", [30, "a10 a10 a10", 0, 20], [true, "01"]],
      ["for what another took last, who has more", [40, "a10 b10 b10 b10", 0, 15], [true, "012"]],
      ["and is its owner's last: it stays as it was", [30, "a10 a10 a10", 2, 20], [false, "012"]],
      ["beyond all that there is", [30, "a10", 0, 31], [false, "0"]],
      ["beyond all that there is, beside others of its owner: they stay", [30, "a10 a10", 0, 31], [false, "01"]],
      ["beyond what others give: they give nothing", [60, "b10 b10 b10 b10 b10 a10", 5, 45], [false, "012345"]],
    ];
    for (const [claim, args, expected] of rows)
      it(claim, () => {
        expect(grown(...args)).to.deep.equal(expected);
      });
  });

  it("any history: never more than there is, and who was left out or cut had at least as much as anybody", () => {
    const step = fc.record({
      owner: fc.constantFrom("a", "b", "c"),
      bytes: fc.integer({ min: 1, max: 20 }),
      gives: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const places = fairPlaces(60);
        const kept = new Map<number, { readonly owner: string; readonly bytes: number; readonly place: Place }>();
        const of = (owner?: string): number =>
          [...kept.values()].reduce(
            (sum, each) => sum + (owner === undefined || each.owner === owner ? each.bytes : 0),
            0,
          );
        const most = (): number => Math.max(...["a", "b", "c"].map(of));
        const take = (index: number, owner: string, bytes: number): Place | undefined =>
          places.take(owner, bytes, () => {
            expect(of(kept.get(index)?.owner)).to.equal(most());
            kept.delete(index);
          });
        for (const [index, { owner, bytes, gives }] of steps.entries()) {
          const [first] = kept.keys();
          if (gives && first !== undefined) {
            kept.get(first)?.place.give();
            kept.delete(first);
          }
          const place = take(index, owner, bytes);
          if (place === undefined) expect(of(owner) + bytes).to.be.at.least(most());
          else kept.set(index, { owner, bytes, place });
          expect(of()).to.be.at.most(60);
        }
      }),
      runs(200),
    );
  });
});
