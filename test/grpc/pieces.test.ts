import { PassThrough } from "node:stream";
import type { TLSSocket } from "node:tls";
import { setImmediate as ticks } from "node:timers/promises";
import { expect } from "chai";
import { Pieces } from "../../src/grpc/pieces.ts";
import { flags, frame, headers, preface } from "../support/hostile-client.ts";

/** Turns are given by hand; ticks are run before each. */
const world = () => {
  const socket = new PassThrough();
  const turns = new Set<() => void>();
  const counted: number[] = [];
  const got: Buffer[] = [];
  const pieces = new Pieces(socket as unknown as TLSSocket, {
    turn: (work) => {
      turns.add(work);
      return () => turns.delete(work);
    },
    onPiece: (bytes) => counted.push(bytes),
  });
  pieces.on("data", (piece: Buffer) => got.push(piece));
  const turn = async (): Promise<number> => {
    await ticks();
    const [work] = turns;
    if (work === undefined) return 0;
    turns.delete(work);
    work();
    return got.at(-1)?.length ?? 0;
  };
  const all = async (): Promise<readonly number[]> => {
    const lengths: number[] = [];
    for (let length = await turn(); length > 0; length = await turn()) lengths.push(length);
    return lengths;
  };
  return { socket, pieces, turns, counted, got, turn, all };
};

const opens = headers(1, flags.endHeaders, "/a");
const more = frame("continuation", 0, 1, Buffer.alloc(3));
const ping = frame("ping", 0, 0, Buffer.alloc(8));
const data = frame("data", 0, 1, Buffer.alloc(5));
const begin = preface.length;
const pings = Buffer.concat(Array.from({ length: 200 }, () => ping));

describe("grpc/pieces", () => {
  const rows: readonly (readonly [claim: string, sent: readonly Buffer[], lengths: readonly number[]])[] = [
    ["what opens no stream comes in pieces of a KiB", [preface, pings], [1024, 1024, 1024, begin + 3400 - 3072]],
    ["with a stream a piece ends", [preface, opens, data, ping], [begin + opens.length, data.length + ping.length]],
    [
      "each stream has a piece of its own",
      [preface, opens, opens, opens],
      [begin + opens.length, opens.length, opens.length],
    ],
    ["also one whose headers go on", [preface, opens, more, ping], [begin + opens.length, more.length, ping.length]],
    ["a frame without content is one, too", [preface, frame("headers", 0, 1), ping], [begin + 9, ping.length]],
    [
      "a long frame comes in several pieces, and what follows is found",
      [preface, frame("data", 0, 1, Buffer.alloc(2900)), opens, ping],
      [1024, 1024, begin + 2909 + opens.length - 2048, ping.length],
    ],
  ];
  for (const [claim, sent, lengths] of rows)
    it(`${claim}, a turn for each`, async () => {
      const { socket, all, got, counted } = world();
      socket.write(Buffer.concat(sent));
      expect(await all()).to.deep.equal(lengths);
      expect(Buffer.concat(got)).to.deep.equal(Buffer.concat(sent));
      expect(counted).to.deep.equal(lengths);
    });

  it("finds the same where everything comes byte by byte", async () => {
    const { socket, all, got } = world();
    const sent = Buffer.concat([preface, opens, data, more, pings]);
    for (const byte of sent) {
      socket.write(Buffer.of(byte));
      await all();
    }
    expect(Buffer.concat(got)).to.deep.equal(sent);
  });

  it("asks for no turn while nobody reads, and for one at a time", async () => {
    const { socket, pieces, turns, all } = world();
    pieces.pause();
    socket.write(Buffer.concat([preface, pings]));
    await all();
    const before = turns.size;
    pieces.resume();
    await ticks();
    expect([before, turns.size]).to.deep.equal([0, 1]);
  });

  it("ends when all was given", async () => {
    const { socket, pieces, all } = world();
    let isEnded = false;
    pieces.once("end", () => (isEnded = true));
    socket.end(Buffer.concat([preface, opens, ping]));
    await ticks();
    expect(isEnded).to.equal(false);
    await all();
    await ticks();
    expect(isEnded).to.equal(true);
  });

  it("takes its turn back when it is closed, and closes the socket", async () => {
    const { socket, pieces, turns } = world();
    socket.write(preface);
    await ticks();
    expect(turns.size).to.equal(1);
    pieces.destroy();
    await ticks();
    expect([turns.size, socket.destroyed]).to.deep.equal([0, true]);
  });

  it("is closed with the socket", async () => {
    const { socket, pieces } = world();
    socket.destroy();
    await ticks();
    expect(pieces.destroyed).to.equal(true);
  });

  it("what is written together is one write", async () => {
    const socket = new PassThrough();
    const pieces = new Pieces(socket as unknown as TLSSocket, {
      turn: () => () => undefined,
      onPiece: () => undefined,
    });
    const written: string[] = [];
    socket.write = ((bytes: Buffer, done: () => void) => {
      written.push(bytes.toString());
      done();
      return true;
    }) as typeof socket.write;
    pieces.cork();
    for (const text of ["a", "b", "c"]) pieces.write(text);
    pieces.uncork();
    pieces.write("d");
    await ticks();
    expect(written).to.deep.equal(["abc", "d"]);
  });
});
