import { expect } from "chai";
import { bucket, buckets, fairRate } from "../../src/async/rate.ts";

const rate = { atOnce: 2, perSecond: 0.5 };

describe("core/mesh: rates", () => {
  it("so many at once, and more with time", () => {
    const clock = { now: 0 };
    const { take, wait } = bucket(rate, () => clock.now);
    expect([wait(), take(), take(), take(), wait()]).to.deep.equal([0, true, true, false, 2000]);
    clock.now += 1500;
    expect(wait()).to.equal(500);
    clock.now += 500;
    expect([take(), take()]).to.deep.equal([true, false]);
    clock.now += 3_600_000;
    expect([take(), take(), take()]).to.deep.equal([true, true, false]);
  });

  it("several together, or none of them", () => {
    const clock = { now: 0 };
    const { take, wait } = bucket({ atOnce: 4, perSecond: 1 }, () => clock.now);
    expect([take(3), take(3), wait(3), take(1)]).to.deep.equal([true, false, 2000, true]);
  });

  it("what is given back may be taken again, and no more than that", () => {
    const { take, giveBack } = bucket(rate, () => 0);
    take(2);
    giveBack();
    expect([take(), take()]).to.deep.equal([true, false]);
    giveBack(100);
    expect([take(2), take()]).to.deep.equal([true, false]);
  });

  it("what is asked for beyond is no debt", () => {
    const clock = { now: 0 };
    const { take } = bucket(rate, () => clock.now);
    for (let index = 0; index < 100; index += 1) take();
    clock.now += 2000;
    expect(take()).to.equal(true);
  });

  it("a clock that goes back gives nothing and takes nothing", () => {
    const clock = { now: 10_000 };
    const { take } = bucket(rate, () => clock.now);
    take();
    clock.now -= 5000;
    expect([take(), take()]).to.deep.equal([true, false]);
  });

  it("each of many has its own, and so many are remembered", () => {
    const of = buckets(rate, () => 0, 2);
    for (const name of ["a", "a", "b"]) of(name).take();
    expect([of("a").take(), of("b").take()]).to.deep.equal([false, true]);
    of("c").take();
    expect(of("a").take(2)).to.equal(true);
  });

  it("a share for each, and one for all: who has none left takes none of the others'", () => {
    const { take } = fairRate({ each: rate, inAll: { atOnce: 3, perSecond: 1 } }, () => 0);
    expect(["a", "a", "a", "b", "b"].map((name) => take(name))).to.deep.equal([true, true, false, true, false]);
  });
});
