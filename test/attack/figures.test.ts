import { expect } from "chai";
import type { Call } from "./callers.ts";
import { goodOf, keptShare, slowedBy, violations } from "./figures.ts";
import type { Facts } from "./figures.ts";

const mib = 2 ** 20;
const call = (took: number, wrong?: string): Call => ({
  name: "reviews",
  at: 0,
  took,
  ...(wrong !== undefined && { wrong }),
});
const times = <Of>(count: number, one: Of): readonly Of[] => Array.from({ length: count }, () => one);

const facts: Facts = {
  during: goodOf(times(100, call(5))),
  refusedLater: 0,
  memory: { limit: 768 * mib, before: 100 * mib, peak: 300 * mib, after: 150 * mib },
  died: undefined,
  stopped: { code: 0, milliseconds: 1000 },
  happened: true,
  slowed: 1,
};
const memory = (after: number): Facts["memory"] => ({ ...facts.memory, after });
const most = facts.memory.before + facts.memory.limit * keptShare;

describe("attack: figures", () => {
  it("weft is slower by what it waited for a processor", () => {
    expect(slowedBy({ ran: 100, waited: 50 }, { ran: 300, waited: 350 })).to.equal(2.5);
    expect(slowedBy({ ran: 0, waited: 0 }, { ran: 0, waited: 0 })).to.equal(1);
  });

  for (const [claim, change, expected] of [
    ["nothing is wrong", {}, []],
    ["one of a hundred may be late", { during: goodOf([...times(99, call(5)), call(4000)]) }, []],
    ["two may not", { during: goodOf([...times(98, call(5)), ...times(2, call(4000))]) }, ["reviews: p99 is 4000 ms"]],
    ["unless the machine had other work", { during: goodOf(times(10, call(4000))), slowed: 4.5 }, []],
    [
      "and by no more than that took",
      { during: goodOf(times(10, call(4000))), slowed: 2 },
      ["reviews: p99 is 4000 ms, on a machine that made weft 2.0 times slower"],
    ],
    [
      "one that is refused is too much; reasons are counted",
      { during: goodOf([...times(98, call(5)), call(6, "HTTP 503"), call(7, "ECONNRESET")]) },
      ["reviews: 2 of 100 refused (1 × HTTP 503, 1 × ECONNRESET)"],
    ],
    ["memory may be larger by a share of the limit", { memory: memory(most) }, []],
    ["and not by more", { memory: memory(most + mib) }, ["memory did not come back: 100 MiB, then 293 MiB"]],
    ["who is refused later counts, too", { refusedLater: 3 }, ["3 good callers were refused when it was over"]],
    ["an attack that could not be made proves nothing", { happened: false }, ["the attack did not come about"]],
    [
      "SIGTERM has to end it",
      { stopped: { code: undefined, milliseconds: 25_000 } },
      ["SIGTERM did not end it in 25 s"],
    ],
    ["without a complaint", { stopped: { code: 1, milliseconds: 5 } }, ["SIGTERM ended it with exit code 1"]],
    [
      "of a process that has ended, that is what there is to say",
      { died: "was killed", happened: false, memory: memory(0), stopped: { code: 137, milliseconds: 0 } },
      ["weft's process was killed"],
    ],
  ] as const satisfies readonly (readonly [string, Partial<Facts>, readonly string[]])[]) {
    it(claim, () => {
      expect(violations({ ...facts, ...change })).to.deep.equal(expected);
    });
  }
});
