import { expect } from "chai";
import { Behind } from "../../src/grpc/behind.ts";

describe("grpc/behind", () => {
  const readers = (most: number) => {
    const cut: string[] = [];
    const behind = new Behind(most);
    return { behind, cut, reader: (name: string) => ({ cut: () => cut.push(name) }) };
  };
  const [first, second, third] = [{}, {}, {}].map((of) => ({ of, bytes: 10 }));
  if (first === undefined || second === undefined || third === undefined) throw new Error("there are three");

  it("however many hold the same value, it counts once", () => {
    const { behind, cut, reader } = readers(20);
    for (const name of ["a", "b", "c"]) behind.add(reader(name), first);
    expect([behind.bytes, cut]).to.deep.equal([10, []]);
  });
  it("when there is more than may be, whoever is behind for longest is cut off, until it fits", () => {
    const { behind, cut, reader } = readers(20);
    for (const [name, value] of [
      ["a", first],
      ["b", first],
      ["c", second],
      ["d", third],
    ] as const)
      behind.add(reader(name), value);
    expect([behind.bytes, cut]).to.deep.equal([20, ["a", "b"]]);
  });
  it("who has caught up holds nothing, and who was behind stays where it was", () => {
    const { behind, cut, reader } = readers(20);
    const [a, b] = [reader("a"), reader("b")];
    behind.add(a, first);
    behind.add(b, second);
    behind.add(a, third);
    expect(behind.bytes).to.equal(20);
    behind.delete(a);
    behind.delete(a);
    behind.add(reader("c"), third);
    expect([behind.bytes, cut]).to.deep.equal([20, []]);
  });
});
