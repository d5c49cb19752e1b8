import { expect } from "chai";
import { allowances } from "../../src/async/allowances.ts";

describe("kube/allowances", () => {
  const world = (mostKeys?: number) => {
    const clock = { now: 0 };
    return { clock, ...allowances({ atOnce: 2, perSecond: 0.5 }, () => clock.now, mostKeys) };
  };

  it("so many at once, and more with time", () => {
    const { clock, take } = world();
    expect([take("a"), take("a"), take("a"), take("b")]).to.deep.equal([true, true, false, true]);
    clock.now += 2000;
    expect([take("a"), take("a")]).to.deep.equal([true, false]);
    clock.now += 3_600_000;
    expect([take("a"), take("a"), take("a")]).to.deep.equal([true, true, false]);
  });

  it("what is spent beyond is no debt", () => {
    const { clock, has, spend } = world();
    for (let index = 0; index < 100; index += 1) spend("a");
    expect(has("a")).to.equal(false);
    clock.now += 2000;
    expect(has("a")).to.equal(true);
  });

  it("remembers so many", () => {
    const { has, spend } = world(1);
    for (const key of ["a", "a", "b"]) spend(key);
    expect([has("a"), has("b")]).to.deep.equal([true, true]);
  });
});
