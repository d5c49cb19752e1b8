import { expect } from "chai";
import fc from "fast-check";
import { derFault } from "../../../src/certificates/x509/der.ts";

const errors = {
  none: undefined,
  length: /^at byte \d+ there is no length, or one in more bytes than it takes$/,
  beyond: /^the value before byte \d+ ends beyond what it is part of$/,
  trailing: /^it goes on after its end, at byte \d+$/,
  pieces: /^the value at byte \d+ is cut in pieces$/,
  whole: /^the value at byte \d+ is not made of values$/,
  twoWays: /^the value at byte \d+ could be written in another way$/,
  order: /^the set around byte \d+ is not in order$/,
  nothing: /^there is no value at byte \d+$/,
  deep: /^values stand more than 32 deep in each other$/,
} as const;

const nested = (depth: number): string => {
  let hex = "0500";
  for (let each = 0; each < depth; each += 1) hex = `30${(hex.length / 2).toString(16).padStart(2, "0")}${hex}`;
  return hex;
};

const rows: readonly [claim: string, hex: string, fault: keyof typeof errors][] = [
  ["an empty sequence", "3000", "none"],
  ["a sequence of a null and an integer", "30050500020101", "none"],
  ["127 bytes, with a short length", `047f${"00".repeat(127)}`, "none"],
  ["128 bytes, with a long length", `048180${"00".repeat(128)}`, "none"],
  ["256 bytes", `04820100${"00".repeat(256)}`, "none"],
  ["nothing", "", "nothing"],
  ["a tag alone", "30", "beyond"],
  ["a length left open (indefinite)", "30800000", "length"],
  ["127 bytes, with a long length", `04817f${"00".repeat(127)}`, "length"],
  ["a length with zeros before it", `04820080${"00".repeat(128)}`, "length"],
  ["a length of 0 in two bytes", "048100", "length"],
  ["a length of which bytes are missing", "0482", "beyond"],
  ["a length longer than any", "04ffffffffff", "beyond"],
  ["a value that ends too late", "0402ff", "beyond"],
  ["a part that ends after the whole", "30030402ff", "beyond"],
  ["a byte after the end", "300000", "trailing"],
  ["a string in pieces", "2404040204aa", "pieces"],
  ["a sequence without parts in it", "1000", "whole"],
  ["end of contents", "0000", "nothing"],
  ["a tag in several bytes", "1f810100", "nothing"],
  ["true", "0101ff", "none"],
  ["true, as 1", "010101", "twoWays"],
  ["a boolean of two bytes", "0102ffff", "twoWays"],
  ["an integer of no bytes", "0200", "twoWays"],
  ["128", "02020080", "none"],
  ["127 in two bytes", "0202007f", "twoWays"],
  ["-128", "020180", "none"],
  ["-128 in two bytes", "0202ff80", "twoWays"],
  ["an enumerated 1 in two bytes", "0a020001", "twoWays"],
  ["bits", "03020780", "none"],
  ["no bits", "030100", "none"],
  ["no bits of which one is unused", "030101", "twoWays"],
  ["unused bits that are set", "03020781", "twoWays"],
  ["nine unused bits", "03020900", "twoWays"],
  ["bits that do not say how many are unused", "0300", "twoWays"],
  ["a null of one byte", "050100", "twoWays"],
  ["an identifier whose last part does not end", "06032a86c8", "twoWays"],
  ["2.5.4.3", "0603550403", "none"],
  ["an identifier with zeros before a part", "06042a800303", "twoWays"],
  ["an identifier of no bytes", "0600", "twoWays"],
  ["a set in order", "3106020101020102", "none"],
  ["a set out of order", "3106020102020101", "order"],
  ["a part of its own kind with parts", "a0020500", "none"],
  ["a part of its own kind, with a fault within", "a003050100", "twoWays"],
  ["32 deep", nested(32), "none"],
  ["33 deep", nested(33), "deep"],
];

describe("certificates/der", () => {
  for (const [claim, hex, fault] of rows)
    it(`${claim}: ${fault}`, () => {
      const told = derFault(Buffer.from(hex, "hex"));
      const expected = errors[fault];
      if (expected === undefined) expect(told).to.equal(undefined);
      else expect(told).to.match(expected);
    });

  it("whatever the bytes are, there is an answer", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void derFault(bytes)));
  });
});
