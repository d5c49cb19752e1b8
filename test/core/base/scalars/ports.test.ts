import { expect } from "chai";
import {
  isPort,
  parsePort,
  parsePortRange,
  parseSkipEntry,
  portRangeText,
  splitList,
} from "../../../../src/core/base/scalars/ports.ts";

describe("ports", () => {
  const ports: readonly [text: string, expected: number | undefined][] = [
    ["1", 1],
    ["4143", 4143],
    ["+80", 80],
    ["0080", 80],
    ["65535", 65535],
    ["0", undefined],
    ["65536", undefined],
    ["-1", undefined],
    ["80 ", undefined],
    ["http", undefined],
    ["", undefined],
  ];
  for (const [text, expected] of ports) {
    it(`reads the port ${JSON.stringify(text)} as ${expected}`, () => {
      expect(parsePort(text)).to.equal(expected);
    });
  }
  it("knows a port when it sees one", () => {
    expect([0, 1, 65535, 65536, 80.5, NaN].map(isPort)).to.deep.equal([false, true, true, false, false, false]);
  });

  const ranges: readonly [text: string, expected: string][] = [
    ["0", "0"],
    ["80", "80"],
    ["+80", "80"],
    ["0090", "90"],
    ["00000000000000000000000000080", "80"],
    ["22-22", "22"],
    ["80-90", "80-90"],
    ["+1-+2", "1-2"],
    ["0-65535", "0-65535"],
  ];
  const notRanges = [
    ["", "-", "+", "-5", "5-", "+-5", "90-80", "1-2-3", "65536", "1-65536", "80:90", "0x50", "1_0", "80.0", "http"],
    [" 81", "81 ", "80 - 90", "80\n", "８", "99999999999999999999"],
  ].flat();
  for (const [name, parse] of [["range", parsePortRange] as const, ["skip entry", parseSkipEntry] as const]) {
    for (const [text, expected] of ranges) {
      it(`reads the ${name} ${text} as ${expected}`, () => {
        const range = parse(text);
        expect(range && portRangeText(range)).to.equal(expected);
      });
    }
    for (const text of notRanges) {
      it(`refuses the ${name} ${JSON.stringify(text)}`, () => {
        expect(parse(text)).to.equal(undefined);
      });
    }
  }

  const lists: readonly [claim: string, text: string, expected: readonly string[]][] = [
    ["has no piece in an empty text", "", []],
    ["has no piece in a lone comma", ",", []],
    ["drops one trailing comma", "1,2,", ["1", "2"]],
    ["drops only one", "1,,", ["1", ""]],
    ["keeps empty pieces, so that they can be told", ",1,,2", ["", "1", "", "2"]],
    ["trims as Go does", "\u00a01 ,\u00852\t, \ufeff3", ["1", "2", "\ufeff3"]],
    ["keeps a piece of blanks after the last comma", "1, ", ["1", ""]],
  ];
  for (const [claim, text, expected] of lists) {
    it(`a list ${claim}`, () => {
      expect(splitList(text)).to.deep.equal(expected);
    });
  }
});
