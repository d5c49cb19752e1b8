import { expect } from "chai";
import { asKnown, gathered } from "../../../src/cli/check/coming.ts";
import { failure, ok } from "../../../src/core/checks/check.ts";
import type { Outcome, ReadingCategory } from "../../../src/core/checks/check.ts";

interface Facts {
  readonly quick: string;
  readonly slow: string;
}

const category = (
  name: string,
  reads: readonly (keyof Facts)[],
  look: (facts: Facts) => Outcome,
  needs: readonly string[] = [],
): ReadingCategory<Facts> => ({ name, reads, checks: [{ id: name, says: name, about: "", needs, look }] });

const pageOf = (id: string): string => id;

describe("categories as they are known", () => {
  it("are told before what comes later is known", async () => {
    const slow = Promise.withResolvers<string>();
    const categories = [
      category("first", ["quick"], ({ quick }) => (quick === "here" ? ok : failure(["not here"]))),
      category("second", ["slow"], ({ slow: text }) => failure([text])),
    ];
    const told = asKnown(categories, { quick: Promise.resolve("here"), slow: slow.promise }, pageOf);
    const first = await told.next();
    expect(first.value).to.deep.equal({
      name: "first",
      results: [{ description: "first", result: "success", lines: [], hint: "" }],
    });
    slow.resolve("late");
    const [second] = await gathered(told);
    expect(second?.results[0]).to.include({ description: "second", result: "error", hint: "see second" });
    expect(second?.results[0]?.lines).to.deep.equal(["late"]);
  });

  it("leave out what rests on a check of a category before", async () => {
    const categories = [
      category("first", ["quick"], () => failure(["no"])),
      category("second", ["slow"], () => ok, ["first"]),
    ];
    const told = asKnown(categories, { quick: Promise.resolve(""), slow: Promise.resolve("") }, pageOf);
    expect((await gathered(told)).map(({ results }) => results.length)).to.deep.equal([1, 0]);
  });
});
