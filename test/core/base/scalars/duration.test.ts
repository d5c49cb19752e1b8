import { expect } from "chai";
import fc from "fast-check";
import {
  type Duration,
  goDurationText,
  millisecondsText,
  parseDuration,
  secondsText,
  wholeMilliseconds,
  wholeSeconds,
} from "../../../../src/core/base/scalars/duration.ts";

const parsed = (text: string): Duration => {
  const duration = parseDuration(text);
  if (duration === undefined) throw new Error(`${text} is not a duration`);
  return duration;
};

describe("durations", () => {
  const good: readonly [text: string, nanoseconds: bigint][] = [
    ["0", 0n],
    ["-0", 0n],
    ["0s", 0n],
    ["1ns", 1n],
    ["1us", 1_000n],
    ["1\u00b5s", 1_000n],
    ["1\u03bcs", 1_000n],
    ["1ms", 1_000_000n],
    ["1.s", 1_000_000_000n],
    [".5s", 500_000_000n],
    ["+1s", 1_000_000_000n],
    ["-1m", -60_000_000_000n],
    ["1h1h", 7_200_000_000_000n],
    ["1ms.5s", 501_000_000n],
    ["000000000000000000000000001s", 1_000_000_000n],
    ["0.3333333333333333333h", 1_200_000_000_000n],
    ["0.830103483285477580700h", 2_988_372_539_827n],
    ["9007199254740.993ms", 9_007_199_254_740_993_000n],
    ["0.99999999999999999999999ns", 1n],
    ["9223372036854775807ns", 9223372036854775807n],
    ["-9223372036854775808ns", -9223372036854775808n],
    ["2562047h47m16.854775807s", 9223372036854775807n],
  ];
  for (const [text, nanoseconds] of good) {
    it(`reads ${text} as Go does`, () => {
      expect(parseDuration(text)).to.equal(nanoseconds);
    });
  }
  const bad = [
    ["", "+", "-", "5", "00", "0.", ".", ".s", "-.s", "s", "1d", "1S", "1Ms", "1e3s", "1h 2m", "1s ", " 1s", "1..s"],
    ["1.5.5s", "1ns1", "1mss", "--1s", "9223372036854775808ns", "-9223372036854775809ns", "3000000h"],
    ["2562047h47m16.854775808s", `1${"0".repeat(3000)}s`, "٣s"],
  ].flat();
  for (const text of bad) {
    it(`refuses ${JSON.stringify(text.slice(0, 40))}`, () => {
      expect(parseDuration(text)).to.equal(undefined);
    });
  }
  it("refuses a sum that wraps around to nothing in Go", () => {
    expect(parseDuration("-9223372036854775808ns9223372036854775808ns")).to.equal(undefined);
  });

  const texts: readonly [text: string, milliseconds: string, seconds: string, go: string][] = [
    ["1.5s", "1500ms", "1s", "1.5s"],
    ["2m30s", "150000ms", "150s", "2m30s"],
    ["100us", "0ms", "0s", "100\u00b5s"],
    ["2s5ms", "2005ms", "2s", "2.005s"],
    ["1001ms", "1001ms", "1s", "1.001s"],
    ["-1s", "-1000ms", "-1s", "-1s"],
    [".5s", "500ms", "500ms", "500ms"],
    ["-999ms", "-999ms", "-999ms", "-999ms"],
    ["-1500ms", "-1500ms", "-1s", "-1.5s"],
    ["0", "0ms", "0s", "0s"],
    ["999999ns", "0ms", "0s", "999.999\u00b5s"],
    ["1500ns", "0ms", "0s", "1.5\u00b5s"],
    ["7ns", "0ms", "0s", "7ns"],
    ["90s", "90000ms", "90s", "1m30s"],
    ["3600s", "3600000ms", "3600s", "1h0m0s"],
    ["3661.000000001s", "3661000ms", "3661s", "1h1m1.000000001s"],
    ["-9223372036854775808ns", "-9223372036854ms", "-9223372036s", "-2562047h47m16.854775808s"],
  ];
  for (const [text, milliseconds, seconds, go] of texts) {
    it(`prints ${text} exactly`, () => {
      const duration = parsed(text);
      expect([millisecondsText(duration), secondsText(duration), goDurationText(duration)]).to.deep.equal([
        milliseconds,
        seconds,
        go,
      ]);
    });
  }

  it("cuts toward zero", () => {
    expect([wholeMilliseconds(parsed("-1.9ms")), wholeSeconds(parsed("-1.9s"))]).to.deep.equal([-1n, -1n]);
  });
  it("reads back what it prints", () => {
    const whole = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    fc.assert(fc.property(whole, (n) => parseDuration(goDurationText(parsed(`${n}ns`))) === n));
  });
});
