import { expect } from "chai";
import { base64 } from "../../../src/webhook/reviews/base64.ts";
import type { Piece } from "../../../src/core/admission/patch-text.ts";

const kept = (text: string, asked: { times: number } = { times: 0 }): Piece => ({
  of: asked,
  text: () => {
    asked.times += 1;
    return text;
  },
});

const textOf = (piece: Piece): string => (typeof piece === "string" ? piece : piece.text());
const plain = (pieces: readonly Piece[]): string => Buffer.from(pieces.map(textOf).join("")).toString("base64");

describe("base64 of pieces", () => {
  const texts = ["", "a", "ab", "abc", "abcd", "é", "aé€", "a😀b", "\u00ff\u0080"];
  for (const before of texts) {
    for (const same of texts) {
      it(`is that of the whole text: ${JSON.stringify([before, same])}`, () => {
        for (const behind of texts) {
          const piece = kept(same);
          const pieces = [before, piece, behind, piece, piece, behind];
          expect(base64(pieces)).to.equal(plain(pieces));
        }
      });
    }
  }

  it("asks for the text of a piece that is worth it once, wherever it begins", () => {
    const asked = { times: 0 };
    const piece = kept("abcde", asked);
    for (const before of ["", "x", "xy", "xyz"]) base64([before, piece]);
    expect(asked.times).to.equal(1);
  });

  it("keeps a bounded number of bytes: what was kept first is made again", () => {
    const asked = { times: 0 };
    const first = kept("first", asked);
    base64([first]);
    for (let count = 0; count < 5; count += 1) base64([kept("x".repeat(1024 * 1024))]);
    base64([first]);
    expect(asked.times).to.equal(2);
  });

  it("keeps nothing that has no room by itself", () => {
    const long = kept("x".repeat(5 * 1024 * 1024));
    expect(base64(["a", long])).to.equal(plain(["a", long]));
  });
});
