import { expect } from "chai";
import { array, assert, constantFrom, property, nat } from "fast-check";
import { leastOfLine, namedLines, ownOfText } from "../../src/kube/named-lines.ts";
import { room } from "../../src/kube/room.ts";

async function* pieces(text: string, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}

const names = ["a", "ab_total"];
const roomy = () => ({ most: 1_000_000, room: room(1_000_000) });

describe("lines by their names", () => {
  it("are the same in whatever pieces they come", async () => {
    const line = constantFrom("a 1", "a{x} 1", "aa 2", "ab_total 1", "ab_total", "ab_total{ü} 1", "# a 1", "", "b 1");
    const written: { lines: string[]; size: number }[] = [];
    assert(
      property(array(line), nat(20), (lines, size) => {
        written.push({ lines, size: size + 1 });
      }),
    );
    for (const { lines, size } of written) {
      const expected = lines.filter((each) => /^(a|ab_total)[{ ]/.test(each)).map((each) => `${each}\n`);
      expect(await namedLines(pieces(lines.join("\n"), size), names, roomy())).to.equal(expected.join(""));
    }
  });

  const failing = async (text: string, limits = roomy()): Promise<string> =>
    namedLines(pieces(text, 1000), names, limits).catch((error: unknown) => String(error));

  it("are too much with a line that has no end, with a page that has none, and where there is no room", async () => {
    expect(await failing("b".repeat(70_000))).to.contain("more than 65536 bytes in one line");
    expect(await failing("b\n".repeat(600_000))).to.contain("more than 1000000 bytes in one piece");
    const limits = { most: 1_000_000, room: room(100) };
    expect(await failing("a 1\n".repeat(3000), limits)).to.contain("more is counted there than there is room for");
    expect(limits.room.take(100), "what was held is given back").to.equal(true);
  });

  it("of one page that is large leave others what each may keep", async () => {
    const limits = { most: 10_000_000, room: room(10_000 * leastOfLine) };
    const page = (lines: number): Promise<number> =>
      namedLines(pieces("a 1\n".repeat(lines), 1000), names, limits).then((text) => text.length / 4);
    const own = ownOfText / leastOfLine;
    expect(await page(own + 9000), "as much as there is room for").to.equal(own + 9000);
    expect(await page(own + 1001).catch(String)).to.contain("than there is room for");
    expect(await page(own)).to.equal(own);
    expect(await page(own + 1000), "what failed holds nothing").to.equal(own + 1000);
  });
});
