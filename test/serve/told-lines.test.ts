import { expect } from "chai";
import { toldLines } from "../../src/serve/told-lines.ts";

describe("serve/told-lines", () => {
  const rates = { each: { atOnce: 2, perSecond: 1 }, inAll: { atOnce: 3, perSecond: 1 } };
  const rows: readonly [claim: string, lines: string, expected: string][] = [
    ["each as many as it may", "a a b", "0 0 0"],
    ["what was not told is counted in the next line, whosever it is", "a a a a b", "0 0 - - 2"],
    ["all together as many as they may", "a a b c", "0 0 0 -"],
    ["and so many more as time passes", "a a a 1000 a", "0 0 - 1"],
  ];
  for (const [claim, lines, expected] of rows)
    it(claim, () => {
      let at = 0;
      const mayTell = toldLines(rates, () => at);
      const told = lines.split(" ").flatMap((each) => {
        if (!Number.isNaN(Number(each))) {
          at += Number(each);
          return [];
        }
        const also = mayTell(each);
        return [also === undefined ? "-" : String(also.untold ?? 0)];
      });
      expect(told.join(" ")).to.equal(expected);
    });
});
