import { expect } from "chai";
import { bytesText, counted, latencyText, rateText, shareText } from "../../../src/web/page/numbers.ts";

describe("numbers of the page", () => {
  const rows: readonly [text: (value: number | null) => string, value: number | null, expected: string][] = [
    [rateText, null, "–"],
    [rateText, 0, "0"],
    [rateText, 0.01, "<0.1"],
    [rateText, 4.1, "4.1"],
    [rateText, 99.94, "99.9"],
    [rateText, 99.96, "100"],
    [rateText, 999.6, "1k"],
    [rateText, 12_345, "12.3k"],
    [shareText, null, "–"],
    [shareText, 1, "100%"],
    [shareText, 0.999999, "99.9%"],
    [shareText, 0.9876, "98.8%"],
    [shareText, 0.000001, "0.1%"],
    [shareText, 0, "0%"],
    [latencyText, null, "–"],
    [latencyText, 0, "<1 ms"],
    [latencyText, 4.4, "4 ms"],
    [latencyText, 999.4, "999 ms"],
    [latencyText, 999.6, "1 s"],
    [latencyText, 12_340, "12.3 s"],
    [bytesText, null, "–"],
    [bytesText, 0, "0 B/s"],
    [bytesText, 999.9, "1 kB/s"],
    [bytesText, 812.5, "813 B/s"],
    [bytesText, 1_520_100, "1.5 MB/s"],
  ];
  for (const [text, value, expected] of rows)
    it(`${text.name} of ${value} is ${expected}`, () => expect(text(value)).to.equal(expected));

  it("counted", () => {
    expect([counted(0, "pod"), counted(1, "pod"), counted(2, "proxy", "proxies")]).to.deep.equal([
      "0 pods",
      "1 pod",
      "2 proxies",
    ]);
  });
});
