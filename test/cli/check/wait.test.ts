import { expect } from "chai";
import { lastReport } from "../../../src/cli/check/wait.ts";
import type { Report } from "../../../src/core/checks/run.ts";

const report = (...failing: readonly string[]): Report => ({
  success: failing.length === 0,
  categories: [
    {
      name: "one",
      results: [
        { description: "fine", result: "success", lines: [], hint: "" },
        { description: "doubtful", result: "warning", lines: ["why"], hint: "" },
        ...failing.map((description) => ({ description, result: "error" as const, lines: ["why"], hint: "" })),
      ],
    },
  ],
});

const rows: readonly [
  claim: string,
  wait: number,
  reports: readonly Report[],
  looks: number,
  told: readonly (readonly string[])[],
][] = [
  ["one look when nothing fails, whatever is doubtful", 60_000, [report()], 1, []],
  ["one look when there is no time", 0, [report("a"), report()], 1, []],
  ["looks until nothing fails", 60_000, [report("a"), report("a"), report()], 3, [["a"]]],
  ["tells again when something else fails", 60_000, [report("a", "b"), report("b"), report()], 3, [["a", "b"], ["b"]]],
  ["gives up when the next look would be too late", 5_000, Array.from({ length: 9 }, () => report("a")), 3, [["a"]]],
];

describe("weft check --wait", () => {
  for (const [claim, wait, reports, looks, told] of rows) {
    it(claim, async () => {
      let now = 1_000;
      let looked = 0;
      const heard: (readonly string[])[] = [];
      const last = await lastReport(async () => reports[looked++] ?? report("too many"), {
        wait,
        between: 2_000,
        clock: () => now,
        pause: async (milliseconds) => (now += milliseconds),
        onFailing: (failing) => heard.push(failing),
      });
      expect({ looked, heard, last }).to.deep.equal({ looked: looks, heard: told, last: reports[looks - 1] });
    });
  }
});
