import { expect } from "chai";
import { Arriving } from "../../src/webhook/arriving.ts";
import type { ArrivingLimits, Coming } from "../../src/webhook/arriving.ts";

const limits: ArrivingLimits = {
  arriving: 4,
  arrivingOfOne: 2,
  arrivingBytes: 1000,
  arrivingBytesOfOne: 600,
  bodyPatience: 100,
  bodyRate: 10,
};

interface Body extends Coming {
  readonly name: string;
}
const body = (name: string, since = 0, certified = false): Body => ({
  name,
  from: name.slice(0, 1),
  namespace: "",
  certified,
  since,
  received: 0,
});

const arriving = () => {
  const cut: string[] = [];
  return { cut, all: new Arriving<Body>(limits, ({ name }, why) => cut.push(`${name} ${why}`)) };
};

describe("bodies that are still coming", () => {
  it("have a moment, and the time that their bytes may take", () => {
    const { cut, all } = arriving();
    const [silent, slow] = [body("a1"), body("a2")];
    all.begin(silent);
    all.begin(slow);
    all.grew(slow, 50, 50);
    all.look(99);
    expect(cut).to.deep.equal([]);
    all.look(100);
    expect(cut).to.deep.equal(["a1 slow"]);
    all.look(105);
    expect(cut).to.deep.equal(["a1 slow", "a2 slow"]);
  });
  const crowds: readonly [claim: string, bodies: string, cut: string][] = [
    ["too many of one address cost it the slowest", "a1 a2 a3", "a1 slow"],
    ["too many in all cost the address with most the slowest", "b1 a1 a2 c1 d1", "a1 slow"],
    ["as many as there is room for cost nothing", "a1 a2 b1 b2", ""],
  ];
  for (const [claim, bodies, cut] of crowds) {
    it(claim, () => {
      const { cut: done, all } = arriving();
      for (const [index, name] of bodies.split(" ").entries()) all.begin(body(name, index));
      expect(done.join()).to.equal(cut);
    });
  }
  it("that hold too much memory cost the largest of whoever has most", () => {
    const { cut, all } = arriving();
    const [large, small, other] = [body("a1"), body("a2"), body("b1")];
    for (const one of [large, small, other]) all.begin(one);
    all.grew(large, 400, 400);
    all.grew(small, 100, 100);
    all.grew(other, 500, 500);
    expect(cut).to.deep.equal([]);
    all.grew(other, 501, 501);
    expect(cut).to.deep.equal(["b1 crowded"]);
    all.grew(small, 201, 201);
    expect(cut).to.deep.equal(["b1 crowded", "a1 crowded"]);
  });
  it("of who showed a certificate are not counted", () => {
    const { cut, all } = arriving();
    for (let index = 0; index < 10; index += 1) all.begin(body(`a${index}`, 0, true));
    all.look(1e9);
    expect(cut).to.deep.equal([]);
  });
});
