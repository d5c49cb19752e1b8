import { expect } from "chai";
import { wrapped } from "../../../src/core/print/wrap.ts";

describe("wrapped", () => {
  const rows: readonly [claim: string, text: string, lines: readonly string[]][] = [
    ["leaves alone what fits", "ab cd efg", ["ab cd efg"]],
    ["breaks at a blank", "ab cd efgh", ["ab cd", "efgh"]],
    ["keeps a long word whole", "a bcdefghijklm n", ["a", "bcdefghijklm", "n"]],
    ["has a line for no text", "", [""]],
  ];
  for (const [claim, text, lines] of rows) it(claim, () => expect(wrapped(text, 9)).to.deep.equal(lines));
});
