import { expect } from "chai";
import { TooMuch, linesOf, textIn } from "../../src/kube/bounded-text.ts";
import type { TextLimits } from "../../src/kube/bounded-text.ts";
import { room } from "../../src/kube/room.ts";

const mebibyte = 2 ** 20;

async function* pieces(text: string, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const limits = (more: Partial<TextLimits> = {}): TextLimits => ({
  most: 2 * mebibyte,
  mostValues: 100_000,
  room: room(4 * mebibyte),
  ...more,
});

const whole = (text: string, size: number, within: TextLimits): Promise<string> => textIn(pieces(text, size), within);
const lastLine = async (text: string, size: number, within: TextLimits): Promise<string> => {
  let last = "";
  for await (const line of linesOf(pieces(text, size), within)) last = line;
  return last;
};

const x = (length: number): string => "x".repeat(length);

describe("a text that comes from a server", () => {
  const rows: readonly [claim: string, text: string, size: number, expected: number | string][] = [
    ["as large as it may be", x(2 * mebibyte), 65_536, 2 * mebibyte],
    ["in pieces of one byte", x(300_000), 1, 300_000],
    ["larger by a byte", x(2 * mebibyte + 1), 65_536, "more than 2 MiB in one piece"],
    ["of many small values", `[${"{},".repeat(100_000)}`, 65_536, "more than 100000 JSON values"],
    ["of few values, for its length", `["${x(mebibyte)}"]`, 65_536, mebibyte + 4],
  ];
  for (const [claim, text, size, expected] of rows) {
    for (const [how, read] of [
      ["whole", whole],
      ["as a line", (of: string, ...rest: [number, TextLimits]) => lastLine(`${of}\n`, ...rest)],
    ] as const) {
      it(`${claim}, read ${how}`, async () => {
        const within = limits();
        const came = await read(text, size, within).then(
          ({ length }) => length,
          (error: unknown) => (error instanceof TooMuch ? error.message : error),
        );
        expect(came).to.equal(expected);
        expect(within.room.take(4 * mebibyte), "all room is free again").to.equal(true);
      });
    }
  }

  it("shares the room with all others that are under way", async () => {
    const within = limits({ room: room(3 * mebibyte) });
    within.room.take(2 * mebibyte);
    const text = x(1.5 * mebibyte);
    expect(await whole(text, 65_536, within).catch(String)).to.equal("Error: more than there is room for now");
    within.room.give(2 * mebibyte);
    expect(await whole(text, 65_536, within)).to.have.length(1.5 * mebibyte);
  });

  it("may be many lines, each of its own", async () => {
    let count = 0;
    for await (const line of linesOf(pieces(`${x(mebibyte)}\n \r\n\n`.repeat(8), 65_536), limits())) {
      expect(line.length).to.equal(mebibyte);
      count += 1;
    }
    expect(count).to.equal(8);
  });
});
