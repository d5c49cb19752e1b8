import { expect } from "chai";
import { holdBack } from "../../src/grpc/held-back.ts";
import type { HoldBack } from "../../src/grpc/held-back.ts";

describe("grpc/held-back: a doubtful first value", () => {
  let time: number;
  let timers: Map<object, { readonly at: number; readonly call: () => void }>;
  let seen: string[];
  let hold: HoldBack;
  let tell: (value: string) => void;
  beforeEach(() => {
    time = 0;
    timers = new Map();
    seen = [];
    hold = holdBack({
      now: () => time,
      later: (milliseconds, then) => {
        const timer = {};
        timers.set(timer, { at: time + milliseconds, call: then });
        return () => timers.delete(timer);
      },
      onEnd: (outcome) => seen.push(`(${outcome})`),
    });
  });
  const advance = (milliseconds: number): void => {
    time += milliseconds;
    for (const [timer, { at, call }] of timers)
      if (at <= time) {
        timers.delete(timer);
        call();
      }
  };
  const follow = (first: string, about = "10.0.0.9", caller = "web"): (() => void) =>
    hold<string>(
      caller,
      about,
      (onValue) => {
        tell = onValue;
        onValue(first);
        return () => seen.push("left");
      },
      (value) => value === "nobody",
    )((value) => seen.push(value));

  it("others are told at once, and what comes later, too", () => {
    follow("a");
    tell("nobody");
    expect(seen).to.deep.equal(["a", "nobody"]);
  });
  it("waits, and is told when it stays", () => {
    follow("nobody");
    advance(299);
    expect(seen).to.deep.equal([]);
    advance(1);
    expect(seen).to.deep.equal(["(stayed)", "nobody"]);
    tell("late");
    expect(seen.at(-1)).to.equal("late");
  });
  it("is held again when the clock was set back meanwhile", () => {
    time = 3_600_000;
    follow("nobody");
    advance(300);
    time = 0;
    follow("nobody");
    expect(seen).to.deep.equal(["(stayed)", "nobody"]);
  });
  it("gives way to one that comes meanwhile", () => {
    follow("nobody");
    advance(100);
    tell("service");
    advance(1000);
    expect(seen).to.deep.equal(["(came)", "service"]);
  });
  it("is told nobody who has gone", () => {
    follow("nobody")();
    advance(1000);
    expect([seen, timers.size]).to.deep.equal([["left"], 0]);
  });
  it("is not held again for ten minutes, of others it is", () => {
    follow("nobody");
    advance(300);
    seen.length = 0;
    follow("nobody");
    expect(seen).to.deep.equal(["nobody"]);
    follow("nobody", "10.0.0.8");
    expect(seen).to.deep.equal(["nobody"]);
    advance(600_000);
    seen.length = 0;
    follow("nobody");
    expect(seen).to.deep.equal([]);
  });
  it("10,000 are remembered, the latest", () => {
    for (let each = 0; each <= 10_000; each += 1) follow("nobody", `a${each}`);
    advance(300);
    seen.length = 0;
    follow("nobody", "a0");
    expect(seen).to.deep.equal([]);
    follow("nobody", "a1");
    expect(seen).to.deep.equal(["nobody"]);
  });
  it("what one asked in vain is held for another", () => {
    follow("nobody");
    advance(300);
    seen.length = 0;
    follow("nobody", "10.0.0.9", "shop");
    expect(seen).to.deep.equal([]);
  });
  it("who asks in vain without end makes nothing be forgotten but its own", () => {
    follow("nobody", "10.0.0.9", "shop");
    for (let each = 0; each < 20_000; each += 1) follow("nobody", `a${each}`);
    advance(300);
    seen.length = 0;
    follow("nobody", "10.0.0.9", "shop");
    expect(seen).to.deep.equal(["nobody"]);
    follow("nobody", "a10000");
    expect(seen).to.deep.equal(["nobody"]);
  });
});
