import { execFileSync } from "node:child_process";
import { expect } from "chai";
import { shellWord } from "../../../../src/core/base/text/shell.ts";

describe("a word for a shell", () => {
  for (const word of ["deployment/web", "a b", "'", "$(x)`y`\\", "a\nb", "~", "*", "!x", "", "-n;#"]) {
    it(`is one word, and itself: ${JSON.stringify(word)}`, () => {
      const printed = execFileSync("/bin/sh", ["-c", `printf '%s|' ${shellWord(word)}`], { encoding: "utf8" });
      expect(printed).to.equal(`${word}|`);
    });
  }
});
