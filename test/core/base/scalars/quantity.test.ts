import { expect } from "chai";
import { parseQuantity, wholeCores } from "../../../../src/core/base/scalars/quantity.ts";

const cores = (text: string): number | "none" | "bad" => {
  const quantity = parseQuantity(text);
  return quantity === undefined ? "bad" : (wholeCores(quantity) ?? "none");
};

describe("quantities", () => {
  // Each row as Kubernetes' resource.ParseQuantity, RoundUp(0) and AsInt64 answer it.
  const rows: readonly [claim: string, expected: number | "none" | "bad", texts: readonly string[]][] = [
    ["nothing is not a core", 0, ["0", "0.0", "-0", "0e30"]],
    ["a part of a core is a whole one", 1, ["1m", "1000m", "0.5", "1n", "250u", "2e-1", ".5", "0.1m", "0.000000001"]],
    ["a bit more than one is two", 2, ["1.0001", "1001m", "1.5", "1.000000001"]],
    ["rounds away from zero", -1, ["-0.5", "-1", "-1m"]],
    ["rounds away from zero below minus one", -2, ["-1.5", "-1.0001", "-1001m"]],
    ["a point and a plus need no company", 5, ["5.", "+5", "+5.", "05", "000000000000000000000005"]],
    ["exponents and E as a suffix", 1000, ["1E3", "1e3", "1e+3", "1e0003", "1k", "1.k", "0.001M", "1000000m"]],
    ["large, but whole", 1_000_000_000_000_000_000, ["1E", "1e18", "1000P", "1000000T"]],
    ["binary suffixes", 1024, ["1Ki", "1.Ki", "01Ki"]],
    ["the largest of 18 digits", 1_000_000_000_000_000_000, ["999999999999999999"]],
    ["exponents wrap around at 32 bit", 10, ["1e4294967297"]],
    ["beyond 64 bit", "none", ["10E", "10e18", "1e19", "1e2147483647", "1.0e-2147483648", "9.3E"]],
    ["more than 18 digits", "none", ["1000000000000000000", "1.000000000000000000", "123456789012345678.1"]],
    ["finer than nano", "none", ["1e-20", "1e-10", "0.1n", "1.00000000000000001", "0.0000000001", "0e-20", ".5e-20"]],
    ["a fraction with a binary suffix", "none", ["1.5Ki", "1.0Ki", ".5Mi", "0.0Pi"]],
    ["too many digits before a binary suffix", "none", ["1Pi", "1Ei", "0Pi", "100Ti", "123456Gi", "100000000000Ki"]],
    ["not one digit, which Kubernetes reads as zero", 0, ["+", "-", ".", "+.", "Ki", ".Ki", "k", "n", "E", "E5", "e5"]],
    ["not one digit and no zero either", "bad", ["Pi", "-Pi", ".Pi", "e-20", "+e-20"]],
    ["unknown suffixes", "bad", ["1K", "1mm", "1i", "1Kii", "1kI", "1uu", "1nE5", "0x10", "1_000", "1,5", "1c"]],
    [
      "broken exponents",
      "bad",
      ["e", "1e", "1e+", "1E-", "1e2k", "1e5m", "1ee5", "1e5i", "1+5", "1e9223372036854775808"],
    ],
    ["blanks and other digits", "bad", ["", " 1", "1 ", "1 m", "1\n", "１", "1e 5"]],
    ["two signs or points", "bad", ["--1", "+-1", "1..5", "1.5.5", "k."]],
  ];
  for (const [claim, expected, texts] of rows) {
    for (const text of texts) {
      it(`${claim}: ${JSON.stringify(text)} is ${expected}`, () => {
        expect(cores(text)).to.equal(expected);
      });
    }
  }
  it("takes no time for an exponent that Kubernetes cannot compute", () => {
    expect(cores("-09390E4936199999549022")).to.equal("none");
  });
});
