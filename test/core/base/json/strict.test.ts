import { expect } from "chai";
import type { Json } from "../../../../src/core/base/json/json.ts";
import {
  listOf,
  map,
  matching,
  number,
  oneOf,
  strictly,
  text,
  textMap,
  truth,
  whole,
  wholeFrom,
} from "../../../../src/core/base/json/strict.ts";
import type { Kind } from "../../../../src/core/base/json/strict.ts";

const port = wholeFrom(1, 65_535);

const good: readonly [kind: Kind<unknown>, value: Json][] = [
  [text, ""],
  [truth, false],
  [number, 0.5],
  [whole, -3],
  [port, 65_535],
  [oneOf(["a", "b"]), "b"],
  [matching("a letter", /^[a-z]$/), "x"],
  [listOf("a list of ports", port), [80, 443]],
  [listOf("a list of ports", port), []],
  [map, {}],
  [textMap, { a: "b" }],
];

const bad: readonly [kind: Kind<unknown>, value: Json, message: string][] = [
  [text, 1, "expected text, got 1"],
  [truth, "true", 'expected true or false, got "true"'],
  [number, null, "expected a number, got null"],
  [whole, 0.5, "expected a whole number, got 0.5"],
  [port, 0, "expected a whole number from 1 to 65535, got 0"],
  [wholeFrom(0, Infinity), -1, "expected a whole number, 0 or more, got -1"],
  [oneOf(["a", "b"]), "c", 'expected a or b, got "c"'],
  [matching("a letter", /^[a-z]$/), "xy", 'expected a letter, got "xy"'],
  [listOf("a list of ports", port), [80, "x"], 'expected a list of ports, got [80,"x"]'],
  [listOf("a list of ports", port), {}, "expected a list of ports, got {}"],
  [map, [], "expected a map, got []"],
  [textMap, { a: 1 }, 'expected a map of text, got {"a":1}'],
  [whole, "x".repeat(70), `expected a whole number, got "${"x".repeat(58)}…`],
];

describe("strict reading", () => {
  for (const [kind, value] of good) {
    it(`takes ${JSON.stringify(value)} for ${kind.expects}`, () => {
      expect(strictly(kind, value, "a.b")).to.deep.equal({ value });
    });
  }
  for (const [kind, value, message] of bad) {
    it(message, () => {
      expect(strictly(kind, value, "a.b")).to.deep.equal({ issues: [{ at: "a.b", message }] });
    });
  }
});
