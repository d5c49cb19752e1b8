import { expect } from "chai";
import { folded, wrapped } from "../../../src/core/print/wrap.ts";

describe("wrapped", () => {
  const rows: readonly [claim: string, text: string, lines: readonly string[]][] = [
    ["leaves alone what fits", "ab cd efg", ["ab cd efg"]],
    ["breaks at a blank", "ab cd efgh", ["ab cd", "efgh"]],
    ["keeps a long word whole", "a bcdefghijklm n", ["a", "bcdefghijklm", "n"]],
    ["has a line for no text", "", [""]],
  ];
  for (const [claim, text, lines] of rows) it(claim, () => expect(wrapped(text, 9)).to.deep.equal(lines));
});

describe("folded", () => {
  const green = (text: string): string => `\u001B[32m${text}\u001B[39m`;
  const rows: readonly [claim: string, text: string, lines: readonly string[]][] = [
    ["leaves alone what fits", "ab cd\n  ef\n", ["ab cd", "  ef", ""]],
    ["goes on a little further in", "one two three four", ["one two three", "  four"]],
    ["goes on in the column of the text", "  ✓ a  cc dd ee ff", ["  ✓ a  cc dd ee", "       ff"]],
    ["goes on behind a mark", "  ! one two three four", ["  ! one two", "    three four"]],
    ["goes on below what stands alone", "    one two three four", ["    one two", "    three four"]],
    ["keeps a command whole", "  → kubectl rollout restart web", ["  → kubectl rollout restart web"]],
    ["keeps a long word whole", "ab abcdefghijklmnopqrst cd", ["ab", "  abcdefghijklmnopqrst", "  cd"]],
    ["gives a long word room", "  ab  cd 0123456789ab", ["  ab  cd", "   0123456789ab"]],
    ["counts no colours", `${green("one two")} three four`, [`${green("one two")} three`, "  four"]],
  ];
  for (const [claim, text, lines] of rows) {
    it(claim, () => expect(folded(text, 15)).to.equal(lines.join("\n")));
  }
  it("leaves alone what goes to no terminal", () => {
    const text = "a ".repeat(100);
    expect(folded(text, undefined)).to.equal(text);
  });
});
