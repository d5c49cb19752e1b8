import { expect } from "chai";
import fc from "fast-check";
import { atMostEach, fairPlaces } from "../../src/kube/places.ts";
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
    ["what would not fit beside what the others keep: they lose nothing for it", 30, "a10 a10 a10 c25", "a10 a10 a10"],
    ["not even those who have more than it would", 60, "a30 b10 b10 b10 c32", "a30 b10 b10 b10"],
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

  it("any history: who has most gives up, and nobody where all that others have above the newcomer would not do", () => {
    const step = fc.record({
      owner: fc.constantFrom("a", "b", "c"),
      bytes: fc.integer({ min: 1, max: 40 }),
      gives: fc.boolean(),
    });
    let leftOut = 0;
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const places = fairPlaces(60);
        const kept = new Map<number, { readonly owner: string; readonly bytes: number; readonly place: Place }>();
        const all = (owner: string): readonly number[] =>
          [...kept.values()].flatMap((each) => (each.owner === owner ? [each.bytes] : []));
        const of = (owner: string): number => sum(all(owner));
        const most = (): number => Math.max(...owners.map(of));
        for (const [index, { owner, bytes, gives }] of steps.entries()) {
          const [first] = kept.keys();
          if (gives && first !== undefined) {
            kept.get(first)?.place.give();
            kept.delete(first);
          }
          const before = [...kept.keys()];
          const ofOwn = of(owner) + bytes;
          const others = owners.filter((each) => each !== owner).map((each) => cutTo(all(each), ofOwn));
          const place = places.take(owner, bytes, () => {
            expect(of(owner)).to.equal(most());
            kept.delete(index);
          });
          expect(place !== undefined).to.equal(ofOwn + sum(others) <= 60);
          if (place !== undefined) kept.set(index, { owner, bytes, place });
          else expect([...kept.keys()]).to.deep.equal(before);
          if (place === undefined && before.length > 0) leftOut += 1;
          expect(sum(owners.map(of))).to.be.at.most(60);
        }
      }),
      runs(200),
    );
    expect(leftOut).to.be.greaterThan(0);
  });
});

const owners = ["a", "b", "c"];
const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0);

/** What is left of an owner that gives up its last until it has no more than so much. */
function cutTo(places: readonly number[], most: number): number {
  const all = sum(places);
  return all > most ? cutTo(places.slice(0, -1), most) : all;
}

describe("kube/places, so many of each owner", () => {
  it("counts what is held, not what was", () => {
    const cut: string[] = [];
    const places = atMostEach(fairPlaces(30), 2);
    const take = (owner: string, bytes: number, name: string) => places.take(owner, bytes, () => cut.push(name));
    const first = take("a", 10, "first");
    expect([take("a", 10, "second") !== undefined, take("a", 1, "third")]).to.deep.equal([true, undefined]);
    first?.give();
    first?.give();
    expect([take("a", 10, "fourth") !== undefined, take("a", 1, "fifth")]).to.deep.equal([true, undefined]);
    // Cut for another owner: its place is free.
    expect([take("b", 15, "other") !== undefined, cut]).to.deep.equal([true, ["fourth"]]);
    expect(take("a", 1, "sixth")).to.not.equal(undefined);
  });
});
