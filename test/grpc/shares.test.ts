import { expect } from "chai";
import { Shares } from "../../src/grpc/shares.ts";
import type { Entered } from "../../src/grpc/shares.ts";

/** Holders enter one after another: `a1` is part 1 of holder a. */
const world = (most: number, mostOfOne: number) => {
  const shares = new Shares({ most, mostOfOne });
  const parts = new Map<string, object>();
  const displaced: string[] = [];
  const enter = (name: string): Entered => {
    const [holder = ""] = name;
    const part = parts.get(name) ?? {};
    parts.set(name, part);
    const held = {
      displace: () => {
        displaced.push(name);
        shares.leave(holder, part, held);
      },
    };
    return shares.enter(holder, part, held);
  };
  return { shares, displaced, enter, enterAll: (names: string) => names.split(" ").map(enter) };
};

describe("grpc/shares", () => {
  it("one may have all that there is, as long as nobody else wants it", () => {
    const { shares, enterAll } = world(4, 4);
    expect(enterAll("a1 a1 a1 a1 a1")).to.deep.equal(["room", "room", "room", "room", "one"]);
    expect(shares.size).to.equal(4);
  });

  it("then whoever has most makes room, until all have the same", () => {
    const { shares, displaced, enterAll } = world(6, 6);
    enterAll("a1 a1 a1 a1 a1 a1");
    expect(enterAll("b1 b1 b1 b1")).to.deep.equal(["room", "room", "room", "all"]);
    expect(enterAll("c1 c1 c1")).to.deep.equal(["room", "room", "all"]);
    expect([displaced.join(" "), shares.size]).to.deep.equal(["a1 a1 a1 a1 b1", 6]);
  });

  it("nobody has more than one may have, and its own parts share that", () => {
    const { displaced, enterAll } = world(100, 4);
    expect(enterAll("a1 a1 a1 a1 a1")).to.deep.equal(["room", "room", "room", "room", "one"]);
    expect(enterAll("a2 a2 a2")).to.deep.equal(["room", "room", "one"]);
    expect(displaced).to.deep.equal(["a1", "a1"]);
  });

  it("many new holders cannot take what one has of its share", () => {
    const { displaced, enterAll } = world(4, 4);
    enterAll("v1 a1 b1 c1");
    expect(enterAll("d1 e1 f1")).to.deep.equal(["all", "all", "all"]);
    expect(displaced).to.deep.equal([]);
  });

  it("what is given back is there for others, and only once", () => {
    const shares = new Shares({ most: 1, mostOfOne: 1 });
    const [part, held] = [{}, { displace: () => undefined }];
    expect(shares.enter("a", part, held)).to.equal("room");
    shares.leave("a", part, held);
    shares.leave("a", part, held);
    expect(shares.size).to.equal(0);
    expect(shares.enter("b", part, held)).to.equal("room");
  });
});
