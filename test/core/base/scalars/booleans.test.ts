import { expect } from "chai";
import { parseBool, parseOnOff } from "../../../../src/core/base/scalars/booleans.ts";

describe("booleans", () => {
  const bools: readonly [texts: readonly string[], expected: boolean | undefined][] = [
    [["1", "t", "T", "true", "True", "TRUE"], true],
    [["0", "f", "F", "false", "False", "FALSE"], false],
    [["", "tRUE", "yes", "on", "enabled", "2", "00", " true", "true ", "__proto__"], undefined],
  ];
  for (const [texts, expected] of bools) {
    for (const text of texts) {
      it(`reads ${JSON.stringify(text)} as ${expected}, as Go does`, () => {
        expect(parseBool(text)).to.equal(expected);
      });
    }
  }

  const onOffs: readonly [text: string, expected: boolean | undefined][] = [
    ["enabled", true],
    ["disabled", false],
    ["Enabled", undefined],
    ["true", undefined],
    ["enabled ", undefined],
    ["", undefined],
  ];
  for (const [text, expected] of onOffs) {
    it(`reads ${JSON.stringify(text)} as a switch: ${expected}`, () => {
      expect(parseOnOff(text)).to.equal(expected);
    });
  }
});
