import { EventEmitter } from "node:events";
import type { ServerHttp2Stream } from "node:http2";
import { status } from "@grpc/grpc-js";
import { expect } from "chai";
import { Requests } from "../../src/grpc/requests.ts";
import { message } from "../support/hostile-client.ts";

const limits = { message: 1000, pieces: 10, unfinished: 5000, unfinishedBytes: 4096 };

/** What of a stream is used: pieces are pushed by the network, and read by whoever serves. */
class Stream extends EventEmitter {
  readonly read = () => null;
  closed = false;
  readonly got: (Buffer | null)[] = [];
  push = (piece: Buffer | null): boolean => {
    this.got.push(piece);
    return true;
  };
}

const world = (afterSockets: (run: () => void) => void = (run) => run()) => {
  const clock = { now: 0 };
  const requests = new Requests(limits, () => clock.now, afterSockets);
  const told: string[] = [];
  const begin = (name: string): Stream => {
    const stream = new Stream();
    requests.gather(stream as unknown as ServerHttp2Stream, {
      key: name.slice(0, 1),
      whole: (bytes, deliver) => {
        told.push(`${name} whole ${bytes}`);
        deliver();
      },
      refuse: (code, _, reason) => told.push(`${name} ${status[code]} ${reason ?? ""}`.trim()),
      flood: () => told.push(`${name} flood`),
    });
    return stream;
  };
  return { clock, requests, told, begin };
};

describe("grpc/requests", () => {
  it("a request is told when it is whole, in one piece", () => {
    const { requests, told, begin } = world();
    const stream = begin("a");
    const body = message(Buffer.from("hello"));
    for (const byte of body) stream.push(Buffer.of(byte));
    expect([stream.got, told, requests.bytes]).to.deep.equal([[], [], 512]);
    stream.push(null);
    expect([stream.got, told, requests.bytes]).to.deep.equal([[body, null], ["a whole 10"], 0]);
    stream.push(null);
    expect(stream.got).to.have.length(3);
  });

  it("one without a body is whole, too", () => {
    const { told, begin } = world();
    const stream = begin("a");
    stream.push(null);
    expect([stream.got, told]).to.deep.equal([[null], ["a whole 0"]]);
  });

  const bad: readonly (readonly [claim: string, pieces: readonly Buffer[], outcome: string])[] = [
    ["says that it is too long", [Buffer.from([0, 0, 0, 3, 0xe9])], "a RESOURCE_EXHAUSTED"],
    ["has a second message", [message(Buffer.alloc(3)), Buffer.of(0)], "a UNIMPLEMENTED"],
    ["has more than it says", [Buffer.concat([message(Buffer.alloc(3)), Buffer.of(0)])], "a UNIMPLEMENTED"],
    [
      "comes in too many pieces",
      [...message(Buffer.alloc(200)).subarray(0, 11)].map((byte) => Buffer.of(byte)),
      "a flood",
    ],
  ];
  for (const [claim, pieces, outcome] of bad)
    it(`one that ${claim} is refused, and holds nothing`, () => {
      const { requests, told, begin } = world();
      const stream = begin("a");
      for (const piece of pieces) stream.push(piece);
      expect([told, requests.bytes]).to.deep.equal([[outcome], 0]);
      stream.push(null);
      expect([told, stream.got]).to.deep.equal([[outcome], [null]]);
    });

  it("costs its bytes, whatever the pieces are part of", () => {
    const { requests, begin } = world();
    const stream = begin("a");
    const read = Buffer.alloc(65_536);
    read.writeUInt32BE(900, 1);
    stream.push(read.subarray(0, 5));
    stream.push(read.subarray(10, 400));
    expect(requests.bytes).to.equal(512);
    stream.push(read.subarray(400, 800));
    expect(requests.bytes).to.equal(1024);
  });

  it("where all together have too many bytes, what has been coming for longest goes", () => {
    const { requests, told, begin } = world();
    const piece = Buffer.alloc(800);
    piece.writeUInt32BE(1000, 1);
    for (const name of ["a", "b", "c", "d", "e", "f"]) begin(name).push(piece);
    expect([told, requests.bytes]).to.deep.equal([["a RESOURCE_EXHAUSTED UNFINISHED_TOO_MANY"], 4000]);
  });

  it("where all together have too many bytes, whoever holds most loses what has been coming for longest", () => {
    const { requests, told, begin } = world();
    const piece = Buffer.alloc(800);
    piece.writeUInt32BE(1000, 1);
    const own = begin("a");
    own.push(piece);
    for (const name of ["b1", "b2", "b3", "b4", "b5", "b6"]) begin(name).push(piece);
    expect(told.map((line) => line.split(" ")[0])).to.deep.equal(["b1", "b2"]);
    own.push(null);
    expect(told.at(-1)).to.match(/^a whole/);
    expect(requests.bytes).to.equal(3200);
  });

  it("what has been coming for too long is refused", () => {
    const { clock, requests, told, begin } = world();
    begin("a").push(Buffer.of(0));
    clock.now = 3000;
    const second = begin("b");
    clock.now = 5000;
    requests.look();
    expect(told).to.deep.equal(["a DEADLINE_EXCEEDED UNFINISHED_TOO_LONG"]);
    second.push(null);
    clock.now = 9000;
    requests.look();
    expect(told.slice(1)).to.deep.equal(["b whole 0"]);
  });

  it("what lay in a socket while the process stood still was there in time", () => {
    const due: (() => void)[] = [];
    const { clock, requests, told, begin } = world((run) => due.push(run));
    const [late, none] = [begin("a"), begin("b")];
    late.push(Buffer.of(0));
    none.push(Buffer.of(0));
    clock.now = 20_000;
    requests.look();
    late.push(null);
    for (const run of due) run();
    expect(told).to.deep.equal(["a whole 1", "b DEADLINE_EXCEEDED UNFINISHED_TOO_LONG"]);
  });

  it("one that its client takes back is told to nobody", () => {
    const { requests, told, begin } = world();
    const stream = begin("a");
    stream.push(Buffer.of(0));
    stream.closed = true;
    stream.push(null);
    stream.emit("close");
    expect([told, stream.got, requests.bytes]).to.deep.equal([[], [null], 0]);
  });
});
