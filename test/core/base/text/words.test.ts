import { expect } from "chai";
import { firstLineOf, wordsOf } from "../../../../src/core/base/text/words.ts";

describe("core/mesh/words", () => {
  for (const [thrown, words, line] of [
    [new TypeError("one\ntwo"), "one\ntwo", "one"],
    ["a text", "a text", "a text"],
    [undefined, "undefined", "undefined"],
  ] as const)
    it(JSON.stringify(words), () => expect([wordsOf(thrown), firstLineOf(thrown)]).to.deep.equal([words, line]));
});
