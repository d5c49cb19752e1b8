import { expect } from "chai";
import { turnedAwayCounts } from "../../src/net/turned-away.ts";

describe("net/turned-away", () => {
  it("says who was turned away and why, for as long as it goes on, and never fails", () => {
    const clock = { now: 0 };
    const { count, isNow, look } = turnedAwayCounts(() => clock.now);
    const nobody = { fails: false, says: "turned nobody away in the last minute" };
    expect([look(), isNow()]).to.deep.equal([nobody, false]);
    for (const reason of ["FLOOD", "TOO_MANY_AT_ONCE", "FLOOD"]) count(reason);
    clock.now += 59_000;
    const says = "is turning callers away, the last 59 s ago; since the start 2 for FLOOD, 1 for TOO_MANY_AT_ONCE";
    expect([look(), isNow()]).to.deep.equal([{ fails: false, says }, true]);
    clock.now += 1000;
    expect([look(), isNow()]).to.deep.equal([nobody, false]);
  });
});
