import { expect } from "chai";
import { linesShown, mostLines, piecesOf, withLines } from "../../../src/web/page/tap-lines.ts";
import type { Line } from "../../../src/web/page/tap-lines.ts";
import { requestLines } from "../../support/dashboard.ts";

const lines = [...requestLines(0, "/cart"), ...requestLines(5, "/items/42", false)];
const line = (text: string): Line => ({ kind: text.split(" ")[0] ?? "", pod: "shop/web-1", text });

describe("lines of a tap", () => {
  it("the newest are kept", () => {
    const many = Array.from({ length: mostLines + 5 }, (_, index) => line(`req id=0:${index}`));
    const kept = withLines(many.slice(0, 3), many.slice(3));
    expect([kept.length, kept[0]?.text, kept.at(-1)?.text]).to.deep.equal([500, "req id=0:5", "req id=0:504"]);
  });

  const rows: readonly [filter: string, expected: number][] = [
    ["", 6],
    ["req", 2],
    ["/CART", 1],
    ["no_tls", 3],
    ["rsp :status=503", 1],
    ["web-5c9f7d", 6],
    ["nobody", 0],
  ];
  for (const [filter, expected] of rows)
    it(`"${filter}" leaves ${expected}`, () => expect(linesShown(lines, filter)).to.have.length(expected));

  it("pieces are the line again", () => {
    for (const each of lines)
      expect(
        piecesOf(each)
          .map(({ text }) => text)
          .join(""),
      ).to.equal(each.text);
  });

  const tones: readonly [text: string, expected: readonly string[]][] = [
    ["req id=0:0 tls=true :path=/", ["kind", "plain", "secured", "strong"]],
    ["rsp tls=no_tls_from_remote :status=200", ["kind", "unsecured", "strong"]],
    ["rsp tls= :status=503", ["kind", "unsecured", "failed"]],
    ["end grpc-status=OK grpc-status=Unavailable reset-error=8", ["kind", "strong", "failed", "failed"]],
    // A path is one word, whatever it says; one with a blank cannot come.
    ["req tls=no_tls_from_remote :path=/?tls=true", ["kind", "unsecured", "strong"]],
  ];
  for (const [text, expected] of tones)
    it(text, () => expect(piecesOf({ text }).map(({ tone }) => tone)).to.deep.equal(expected));
});
