import { expect } from "chai";
import { Turns } from "../../src/grpc/turns.ts";

/** Work is scheduled by hand; each piece takes a millisecond. */
const world = (may: (key: string) => boolean = () => true) => {
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
    may,
  });
  const ask = (key: string, times = 1): void => {
    for (let index = 0; index < times; index += 1)
      turns.run(key, () => {
        now += 1;
        done.push(key);
      });
  };
  return { done, ask, held, turns, slice: () => scheduled.shift()?.(), waits: () => scheduled.length > 0 };
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

  it("whoever is held up waits, and others go on", () => {
    const may = new Set(["b"]);
    const { done, ask, slice, held, turns } = world((key) => may.has(key));
    ask("a", 2);
    ask("b");
    slice();
    expect([done.join(""), turns.waiting("a"), turns.waiting("b")]).to.deep.equal(["b", 2, 0]);
    slice();
    expect([done.join(""), held]).to.deep.equal(["b", [false, true, true]]);
    may.add("a");
    slice();
    expect([done.join(""), turns.waiting("a")]).to.deep.equal(["baa", 0]);
  });

  it("is asked for each piece, and of nobody who waits for nothing", () => {
    const asked: string[] = [];
    const { ask, slice } = world((key) => asked.push(key) % 2 === 1);
    ask("a", 2);
    slice();
    slice();
    expect(asked).to.deep.equal(["a", "a", "a"]);
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
