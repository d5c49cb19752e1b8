import { expect } from "chai";
import {
  jsonInteger,
  numberText,
  parseGoFloat,
  parseInt32,
  parseInt64,
  parseUint64,
} from "../../../../src/core/base/scalars/numbers.ts";

describe("numbers", () => {
  const zeros = "0".repeat(30);
  const integers: readonly [text: string, int32?: number | undefined, int64?: bigint | undefined, uint64?: bigint][] = [
    ["80", 80, 80n, 80n],
    ["0080", 80, 80n, 80n],
    [`${zeros}7`, 7, 7n, 7n],
    ["+80", 80, 80n],
    ["-1", -1, -1n],
    ["-0", 0, 0n],
    ["2147483647", 2147483647, 2147483647n, 2147483647n],
    ["2147483648", undefined, 2147483648n, 2147483648n],
    ["-2147483648", -2147483648, -2147483648n],
    ["-2147483649", undefined, -2147483649n],
    ["9007199254740993", undefined, 9007199254740993n, 9007199254740993n],
    ["9223372036854775807", undefined, 9223372036854775807n, 9223372036854775807n],
    ["9223372036854775808", undefined, undefined, 9223372036854775808n],
    ["-9223372036854775808", undefined, -9223372036854775808n],
    ["-9223372036854775809"],
    ["18446744073709551615", undefined, undefined, 18446744073709551615n],
    ["18446744073709551616"],
    ["9".repeat(5000)],
  ];
  for (const [text, int32, int64, uint64] of integers) {
    it(`reads ${text.slice(0, 40)} as Go does, in all three widths`, () => {
      expect([parseInt32(text), parseInt64(text), parseUint64(text)]).to.deep.equal([int32, int64, uint64]);
    });
  }
  for (const text of ["", "+", "-", "--1", "+-1", "1_0", "0x10", " 80", "80 ", "80\n", "8.0", "1e3", "٣", "８０"]) {
    it(`refuses ${JSON.stringify(text)} as an integer`, () => {
      expect([parseInt32(text), parseInt64(text), parseUint64(text)]).to.deep.equal([undefined, undefined, undefined]);
    });
  }

  const floats: readonly [text: string, expected: number][] = [
    ["0.5", 0.5],
    [".5", 0.5],
    ["5.", 5],
    ["5e-1", 0.5],
    ["+0.3", 0.3],
    ["-0", -0],
    ["0.999999999999999999", 1],
    ["1_23.50_0_0e+1_2", 1.235e14],
    ["1e-400", 0],
    ["-1e-400", -0],
    ["5e-324", 5e-324],
    ["1.7976931348623158e308", Number.MAX_VALUE],
    ["0e999999", 0],
    ["1e00000000005", 1e5],
    [`0.${"0".repeat(99)}1e100`, 1],
    [`0.${"0".repeat(12_000)}1e12001`, 1],
    ["0x1p-2", 0.25],
    ["0x1p-99999", 0],
    ["0X1.8P+1", 3],
    ["-0x.8p0", -0.5],
    ["0x_1_0p1", 32],
    ["0x1p-1074", 2 ** -1074],
    ["0x1p-1075", 0],
    ["0x1.000001p-1075", 2 ** -1074],
    ["0x1.00000000000008p0", 1],
    ["0x1.00000000000018p0", 1 + 2 ** -51],
    ["0x1.fffffffffffff7fp1023", Number.MAX_VALUE],
    ["0x0p99999", 0],
    ["inf", Infinity],
    ["+INFINITY", Infinity],
    ["-Inf", -Infinity],
    ["NaN", NaN],
  ];
  for (const [text, expected] of floats) {
    it(`reads the float ${text.slice(0, 40)} as Go does`, () => {
      expect(Object.is(parseGoFloat(text), expected), String(parseGoFloat(text))).to.equal(true);
    });
  }
  const badFloats = [
    ["", " ", ".", "+", "-.", "e5", ".e5", "1e", "1e+", "1e5.5", "1..", "--1", "0.5 ", "5%", "1f", "1,5", "١"],
    ["_1", "1_", "1__0", "1_.5", "1._5", "1_e5", "1e_5", "1e5_", "0x1", "0x1.8", "0xp1", "0x.p1", "0x1p", "_0x1p1"],
    ["0x1p_1", "0x1_p1", "0x1._8p1", "0b1", "0o7", "+nan", "-NaN", "infinit", "infi", "1e309", "-1e400"],
    ["0x1p1024", "0x1.fffffffffffff8p1023"],
  ].flat();
  for (const text of badFloats) {
    it(`refuses ${JSON.stringify(text)} as a float`, () => {
      expect(parseGoFloat(text)).to.equal(undefined);
    });
  }

  const printed: readonly [n: number | bigint, text: string][] = [
    [4143, "4143"],
    [-5, "-5"],
    [-0, "0"],
    [1_000_000, "1000000"],
    [1_000_650_000, "1000650000"],
    [1e21, "1000000000000000000000"],
    [9223372036854775807n, "9223372036854775807"],
    [0.1, "0.1"],
    [1.5, "1.5"],
    [1234567.5, "1234567.5"],
    [0.0001, "0.0001"],
    [0.00001, "1e-05"],
    [-0.000012345, "-1.2345e-05"],
    [1.5e-7, "1.5e-07"],
    [1e-100, "1e-100"],
    [Infinity, "+Inf"],
    [-Infinity, "-Inf"],
    [NaN, "NaN"],
  ];
  for (const [n, text] of printed) {
    it(`prints ${text}`, () => {
      expect(numberText(n)).to.equal(text);
    });
  }

  const written: readonly [n: bigint, json: string][] = [
    [2102n, "2102"],
    [9007199254740991n, "9007199254740991"],
    [9007199254740993n, "9007199254740993"],
    [-9223372036854775808n, "-9223372036854775808"],
  ];
  for (const [n, json] of written) {
    it(`writes every digit of ${json} into JSON`, () => {
      expect(JSON.stringify({ n: jsonInteger(n) })).to.equal(`{"n":${json}}`);
    });
  }
  it("keeps an integer a number while that is exact", () => {
    expect([jsonInteger(2102n), JSON.isRawJSON(jsonInteger(2n ** 60n))]).to.deep.equal([2102, true]);
  });
});
