import { expect } from "chai";
import { Turns } from "../../src/grpc/turns.ts";
import type { TurnsPace } from "../../src/grpc/turns.ts";

/** Work is scheduled by hand; each piece takes a millisecond. */
const world = (pace?: TurnsPace) => {
  const scheduled: (() => void)[] = [];
  let now = 0;
  const done: string[] = [];
  const held: boolean[] = [];
  const turns = new Turns({
    schedule: (run, isHeld) => {
      scheduled.push(run);
      held.push(isHeld);
    },
    now: () => now,
    pace,
  });
  const ask = (key: string, times = 1): void => {
    for (let index = 0; index < times; index += 1)
      turns.run(key, () => {
        now += 1;
        done.push(key);
      });
  };
  const pass = (milliseconds: number): void => {
    now += milliseconds;
  };
  return { done, ask, pass, held, slice: () => scheduled.shift()?.(), waits: () => scheduled.length > 0 };
};

describe("grpc/turns", () => {
  it("whoever asks for much waits behind itself", () => {
    const { done, ask, slice } = world();
    ask("a", 1000);
    ask("b", 2);
    ask("c");
    slice();
    expect(done.join("")).to.equal("abcab");
  });

  it("looks at the sockets between two slices of time, until all is done", () => {
    const { done, ask, slice, waits } = world();
    ask("a", 12);
    const sizes: number[] = [];
    while (waits()) {
      slice();
      sizes.push(done.length);
    }
    expect(sizes).to.deep.equal([5, 10, 12]);
  });

  it("with a pace, whoever has had its share waits, and others go on", () => {
    const { done, ask, slice, pass, held } = world({ atOnce: 2, perSecond: 100 });
    ask("a", 10);
    ask("b");
    slice();
    expect(done.join("")).to.equal("aba");
    expect(held).to.deep.equal([false, true]);
    // Two of the ten milliseconds until there is one more have passed.
    pass(8);
    slice();
    expect(done.join("")).to.equal("abaa");
    pass(1000);
    slice();
    expect(done.join("")).to.equal("abaaaa");
  });

  it("work that is taken back is not done, and its turn is the next one's", () => {
    const done: string[] = [];
    const scheduled: (() => void)[] = [];
    const turns = new Turns({ schedule: (run) => void scheduled.push(run), now: () => 0 });
    const takeBack = turns.run("a", () => done.push("first"));
    turns.run("a", () => done.push("second"));
    expect([takeBack(), takeBack()]).to.deep.equal([true, false]);
    scheduled.shift()?.();
    expect(done).to.deep.equal(["second"]);
  });

  it("who comes meanwhile has its turn in the same round", () => {
    const { done, ask, slice } = world();
    ask("a", 10);
    slice();
    ask("b");
    slice();
    expect(done.slice(5).join("")).to.equal("abaaa");
  });
});
