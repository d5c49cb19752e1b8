import { expect } from "chai";
import { turnedAwayCounts } from "../../src/net/turned-away.ts";

describe("net/turned-away", () => {
  it("says who was turned away and why, and whether it goes on, and never fails", () => {
    const clock = { now: 0 };
    const { count, isNow, look, says } = turnedAwayCounts(() => clock.now);
    expect([look(), isNow()]).to.deep.equal([{ fails: false, says: "turned nobody away" }, false]);
    for (const reason of ["FLOOD", "TOO_MANY_AT_ONCE", "FLOOD"]) count(reason);
    clock.now += 59_000;
    const reasons = "s ago; since the start 2 for FLOOD, 1 for TOO_MANY_AT_ONCE";
    expect([look(), isNow()]).to.deep.equal([
      { fails: false, says: `turning callers away, the last 59 ${reasons}` },
      true,
    ]);
    clock.now += 1000;
    expect([says(), isNow()]).to.deep.equal([`turned callers away, the last 60 ${reasons}`, false]);
  });
});
