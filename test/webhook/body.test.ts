import { expect } from "chai";
import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { readBody } from "../../src/webhook/body.ts";
import type { BodyState } from "../../src/webhook/body.ts";

const KiB = 1024;

/** What came of a body in such pieces, and what it held at most. */
const read = async (pieces: readonly string[], most: number, keep: (state: BodyState) => boolean = () => true) => {
  const request = Readable.from(pieces.map((piece) => Buffer.from(piece))) as IncomingMessage;
  const whole: string[] = [];
  let held = 0;
  readBody(request, most, {
    keep: (state) => ((held = Math.max(held, state.held)), keep(state)),
    complete: (body) => void whole.push(body.toString()),
  });
  await finished(request);
  return { text: whole[0], held };
};

describe("a request's body", () => {
  const rows: readonly [claim: string, pieces: readonly string[], most: number, held: number][] = [
    ["none", [], 100, 0],
    ["in one piece is not copied", ["x".repeat(5000)], 5000, 5000],
    ["in pieces of a byte holds what it has", Array.from({ length: 20 * KiB }, () => "x"), 64 * KiB, 32 * KiB],
    ["holds no more than it may come to", ["x", "y".repeat(9)], 10, 10],
    ["doubles what it holds", Array.from({ length: 5 }, () => "x".repeat(16 * KiB)), 512 * KiB, 128 * KiB],
  ];
  for (const [claim, pieces, most, held] of rows) {
    it(claim, async () => expect(await read(pieces, most)).to.deep.equal({ text: pieces.join(""), held }));
  }
  it("that is not kept is thrown away", async () => {
    const { text } = await read(["a", "b", "c"], 10, ({ pieces }) => pieces !== 2);
    expect(text).to.equal(undefined);
  });
});
