import { expect } from "chai";
import { splitJson } from "../../../src/core/documents/json-stream.ts";

const rows: readonly (readonly [claim: string, text: string, pieces: readonly string[]])[] = [
  ["nothing in nothing", " \n\t", []],
  ["one value a line", '{"a":1}\n{"b":2}\n', ['{"a":1}', '{"b":2}']],
  ["values run together", '{"a":1}{"b":[{}]} {"c":3}', ['{"a":1}', '{"b":[{}]}', '{"c":3}']],
  ["a value over several lines", '{\n "a": {\n }\n}\n{"b":2}', ['{\n "a": {\n }\n}', '{"b":2}']],
  ["brackets and quotes inside texts", '{"a":"}{\\"]["}{"b":1}', ['{"a":"}{\\"]["}', '{"b":1}']],
  ["what is not a value, to the end of its line", 'oops {"a":1}\n{"b":2}', ['oops {"a":1}', '{"b":2}']],
  ["a line that lacks a bracket, without the next one", '{"a":1\n{"b":2}\n', ['{"a":1', '{"b":2}']],
  ["a line that lacks a quote, without the next one", '{"a":"x}\n{"b":"y"}\n', ['{"a":"x}', '{"b":"y"}']],
  ["a byte order mark is passed over", '\ufeff{"a":1}', ['{"a":1}']],
  ["Windows line ends", '{"a":1}\r\n{"b":2}\r\n', ['{"a":1}', '{"b":2}']],
];

describe("a stream of JSON values", () => {
  for (const [claim, text, pieces] of rows) {
    it(`gives ${claim}`, () => {
      expect(splitJson(text)).to.deep.equal(pieces);
    });
  }
});
