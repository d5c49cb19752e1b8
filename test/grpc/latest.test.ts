import { EventEmitter } from "node:events";
import { status } from "@grpc/grpc-js";
import { expect } from "chai";
import { Encodings, oncePerStep } from "../../src/grpc/encoded.ts";
import type { GrpcFault, LatestCall } from "../../src/grpc/following.ts";
import { LatestStreams } from "../../src/grpc/latest.ts";

/** A reader that takes a message when it is told to. */
class Reader extends EventEmitter implements LatestCall {
  readonly got: string[] = [];
  private waiting: (() => void)[] = [];
  private readonly eager: boolean;

  constructor(eager: boolean) {
    super();
    this.eager = eager;
    this.on("error", ({ code, details }: GrpcFault) => this.got.push(`end ${code} ${details}`));
  }

  write(message: Buffer, sent: () => void): void {
    this.got.push(message.toString());
    if (this.eager) sent();
    else this.waiting.push(sent);
  }

  /** Messages on their way arrive. */
  take(): void {
    const arrived = this.waiting;
    this.waiting = [];
    for (const sent of arrived) sent();
  }

  get onTheWay(): number {
    return this.waiting.length;
  }
}

const somebody = { key: "web.shop", cutSlow: () => undefined };

/** A number that changes; odd ones need two messages, 13 ends the stream. */
const source = (first: number) => {
  const followers = new Set<(value: number) => void>();
  let value = first;
  return {
    followers,
    set: (next: number) => {
      value = next;
      for (const follower of followers) follower(next);
    },
    following: {
      method: "Count",
      follow: (onValue: (value: number) => void) => {
        followers.add(onValue);
        onValue(value);
        return () => followers.delete(onValue);
      },
      step: (sent: number | undefined, now: number): readonly Buffer[] | GrpcFault => {
        if (now === 13) return { code: status.NOT_FOUND, details: "bad luck" };
        const texts = now % 2 === 0 ? [`${sent ?? ""}→${now}`] : [`${sent ?? ""}→`, `→${now}`];
        return texts.map((text) => Buffer.from(text));
      },
    },
  };
};

describe("grpc/latest", () => {
  let counted: string[];
  let streams: LatestStreams;
  let makeReady: () => void;
  beforeEach(() => {
    counted = [];
    const ready = Promise.withResolvers<void>();
    makeReady = ready.resolve;
    streams = new LatestStreams(ready.promise, {
      opened: () => counted.push("opened"),
      closed: (_, code) => counted.push(`closed ${status[code]}`),
      sent: () => counted.push("sent"),
      replaced: () => counted.push("replaced"),
      failed: (_, error) => counted.push(String(error)),
    });
  });
  const started = async (first: number, eager = false) => {
    makeReady();
    const [reader, numbers] = [new Reader(eager), source(first)];
    streams.open(reader, somebody, numbers.following);
    await Promise.resolve();
    return { reader, numbers };
  };

  it("a reader that keeps up gets every value", async () => {
    const { reader, numbers } = await started(0, true);
    numbers.set(2);
    numbers.set(3);
    expect(reader.got).to.deep.equal(["→0", "0→2", "2→", "→3"]);
  });

  it("what cannot be answered ends its stream, and no other", async () => {
    const [early, other, numbers] = [new Reader(true), new Reader(true), source(0)];
    const thrown = (): never => {
      throw new Error("a bug");
    };
    streams.open(early, somebody, { ...numbers.following, follow: thrown });
    streams.open(other, somebody, {
      ...numbers.following,
      step: (sent, now) => (now === 4 ? thrown() : numbers.following.step(sent, now)),
    });
    makeReady();
    await Promise.resolve();
    const end = "end 13 this could not be answered";
    expect([early.got, other.got, streams.size]).to.deep.equal([[end], ["→0"], 1]);
    numbers.set(2);
    numbers.set(4);
    expect([other.got, streams.size, numbers.followers.size]).to.deep.equal([["→0", "0→2", end], 0, 0]);
    const answer = Promise.withResolvers<unknown>();
    streams.once(somebody, { ...numbers.following, refusal: thrown }, answer.resolve);
    expect(await answer.promise).to.include({ code: status.INTERNAL });
    expect(counted.filter((each) => each === "Error: a bug")).to.have.length(3);
  });

  it("a slow one gets the latest, from what it was sent last, and one message at a time", async () => {
    const { reader, numbers } = await started(0);
    for (let value = 1; value <= 1000; value += 1) numbers.set(value);
    expect([reader.got, reader.onTheWay]).to.deep.equal([["→0"], 1]);
    reader.take();
    expect(reader.got).to.deep.equal(["→0", "0→1000"]);
    expect(counted.filter((each) => each === "replaced").length).to.equal(999);
  });

  it("messages that belong together all come, whatever the value is meanwhile", async () => {
    const { reader, numbers } = await started(1);
    numbers.set(2);
    numbers.set(5);
    for (let turn = 0; turn < 4; turn += 1) reader.take();
    expect(reader.got).to.deep.equal(["→", "→1", "1→", "→5"]);
  });

  it("a value that has come back to what was sent says nothing", async () => {
    const { reader, numbers } = await started(0);
    numbers.set(2);
    numbers.set(0);
    reader.take();
    expect([reader.got, reader.onTheWay]).to.deep.equal([["→0"], 0]);
  });

  it("a value may end it, the first one too", async () => {
    const { reader, numbers } = await started(0, true);
    numbers.set(13);
    numbers.set(2);
    const other = await started(13, true);
    expect([reader.got, other.reader.got]).to.deep.equal([["→0", "end 5 bad luck"], ["end 5 bad luck"]]);
    expect([numbers.followers.size, other.numbers.followers.size, streams.size]).to.deep.equal([0, 0, 0]);
    expect(counted).to.deep.equal(["opened", "sent", "closed NOT_FOUND", "opened", "closed NOT_FOUND"]);
  });

  it("waits until there is something to say", async () => {
    const [reader, numbers] = [new Reader(true), source(0)];
    streams.open(reader, somebody, numbers.following);
    await Promise.resolve();
    expect([reader.got, numbers.followers.size]).to.deep.equal([[], 0]);
    makeReady();
    await Promise.resolve();
    expect(reader.got).to.deep.equal(["→0"]);
  });

  for (const event of ["cancelled", "close"]) {
    it(`follows nothing any more when its reader has gone (${event})`, async () => {
      const { reader, numbers } = await started(0);
      numbers.set(2);
      reader.emit(event);
      reader.take();
      expect([reader.got, numbers.followers.size, streams.size]).to.deep.equal([["→0"], 0, 0]);
      expect(counted.at(-2)).to.equal("closed CANCELLED");
    });
  }

  it("all are ended, and who comes later too", async () => {
    const { reader, numbers } = await started(0, true);
    streams.endAll();
    const late = await started(0, true);
    expect([reader.got, late.reader.got]).to.deep.equal([["→0", "end 14 stopping"], ["end 14 stopping"]]);
    expect(numbers.followers.size).to.equal(0);
  });
});

describe("grpc/latest: bounds", () => {
  const counts = { opened: () => undefined, closed: () => undefined, sent: () => undefined, replaced: () => undefined };
  const outbox = { bytes: 4, bytesOfOne: 4, stall: 1000 };
  const opened = (limits: { readonly most: number; readonly mostOfOne: number }) => {
    const refused: string[] = [];
    const counting = { ...counts, refused: (by: string) => refused.push(by) };
    const streams = new LatestStreams(Promise.resolve(), counting, { ...limits, outbox });
    const open = (key: string, eager = true) => {
      const [reader, numbers] = [new Reader(eager), source(0)];
      streams.open(reader, { key, cutSlow: () => undefined }, numbers.following);
      return { reader, numbers };
    };
    return { streams, refused, open };
  };

  it("so many streams of one caller, and it is told", () => {
    const { streams, refused, open } = opened({ most: 10, mostOfOne: 2 });
    const readers = ["a", "a", "a", "b"].map((key) => open(key).reader);
    expect(readers[2]?.got).to.deep.equal(["end 8 a has 2 streams open: no more are opened for one caller"]);
    readers[2]?.emit("close");
    expect([streams.size, refused]).to.deep.equal([3, ["one"]]);
  });

  it("so many in all: who has most makes room for who has less", async () => {
    const { streams, refused, open } = opened({ most: 3, mostOfOne: 3 });
    const [first] = ["a", "a", "a"].map((key) => open(key));
    await Promise.resolve();
    const other = open("b");
    expect([first?.reader.got.at(-1), first?.numbers.followers.size]).to.deep.equal([
      "end 8 there are as many streams as this replica can hold, and this caller has most of them: one was given away",
      0,
    ]);
    await Promise.resolve();
    expect([other.reader.got, streams.size]).to.deep.equal([["→0"], 3]);
    expect(open("b").reader.got.at(-1)).to.match(/^end 8 there are 3 streams, as many as this replica can hold/);
    expect(refused).to.deep.equal(["all"]);
  });

  it("so many bytes are on their way; who has to wait gets the latest", async () => {
    const { open } = opened({ most: 10, mostOfOne: 10 });
    const slow = open("a", false);
    const waiting = open("b", false);
    await Promise.resolve();
    expect([slow.reader.got, waiting.reader.got]).to.deep.equal([["→0"], []]);
    waiting.numbers.set(2);
    waiting.numbers.set(4);
    slow.reader.take();
    waiting.reader.take();
    expect(waiting.reader.got).to.deep.equal(["→0", "0→4"]);
  });

  it("what a reader did not take is held until it has gone", async () => {
    const { open } = opened({ most: 10, mostOfOne: 10 });
    const slow = open("a", false);
    const waiting = open("b", false);
    await Promise.resolve();
    slow.numbers.set(13);
    expect(waiting.reader.got).to.deep.equal([]);
    slow.reader.emit("cancelled");
    expect(waiting.reader.got).to.deep.equal(["→0"]);
  });

  it("a large value is encoded message by message as it is taken, within a pace for each caller", async () => {
    const paced = { most: 10, mostOfOne: 10, outbox: { ...outbox, bytes: 100, bytesOfOne: 100 } };
    const streams = new LatestStreams(Promise.resolve(), counts, { ...paced, encoding: { atOnce: 2, perSecond: 0 } });
    const encoded: string[] = [];
    const encodings = new Encodings(100);
    const messages = ["a", "b", "c", "d", "e"].map((text) =>
      encodings.deferred(
        () => 1,
        () => Buffer.from((encoded.push(text), text)),
      ),
    );
    const follow = (onValue: (value: number) => void) => {
      onValue(1);
      return () => undefined;
    };
    const open = (key: string, eager: boolean): Reader => {
      const reader = new Reader(eager);
      streams.open(reader, { key, cutSlow: () => undefined }, { method: "Large", follow, step: () => messages });
      return reader;
    };
    const slow = open("a", false);
    await new Promise(setImmediate);
    expect(encoded).to.deep.equal(["a"]);
    slow.take();
    await new Promise(setImmediate);
    expect(encoded).to.deep.equal(["a", "b"]);
    const eager = open("b", true);
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect([eager.got, encoded]).to.deep.equal([
      ["a", "b", "c", "d"],
      ["a", "b", "c", "d"],
    ]);
    const other = open("c", true);
    while (other.got.length < messages.length) await new Promise(setImmediate);
    expect([other.got, encoded]).to.deep.equal([
      ["a", "b", "c", "d", "e"],
      ["a", "b", "c", "d", "e"],
    ]);
    for (const each of [slow, eager, other]) each.emit("close");
  });

  it("old values are held for slow readers within so many bytes; whoever is behind for longest is cut off", async () => {
    const streams = new LatestStreams(Promise.resolve(), counts, {
      most: 10,
      mostOfOne: 10,
      outbox: { ...outbox, bytes: 100, bytesOfOne: 100 },
      behind: 20,
    });
    const cut: string[] = [];
    const numbers = source(0);
    const values = new Map<number, object>();
    const held = (value: number) => {
      const of = values.get(value) ?? {};
      values.set(value, of);
      return { of, bytes: 10 };
    };
    const open = (name: string): void => {
      const reader = { key: name, cutSlow: () => cut.push(name) };
      streams.open(new Reader(false), reader, { ...numbers.following, held });
    };
    await Promise.resolve();
    for (const [index, name] of ["a", "b", "c"].entries()) {
      open(name);
      numbers.set(2 * index + 2);
      expect(cut).to.deep.equal(name === "c" ? ["a"] : []);
    }
    streams.endAll();
  });

  it("who asks once counts while it waits", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const streams = new LatestStreams(promise, counts, { most: 1, mostOfOne: 1, outbox });
    const answers: unknown[] = [];
    const ask = (key: string) =>
      streams.once({ key, cutSlow: () => undefined }, source(0).following, (fault, message) =>
        answers.push(fault?.code ?? message?.toString()),
      );
    ask("a");
    ask("a");
    resolve();
    await promise;
    await Promise.resolve();
    ask("a");
    await Promise.resolve();
    expect(answers).to.deep.equal([status.RESOURCE_EXHAUSTED, "→0", "→0"]);
  });
});

describe("what leads from one value to another", () => {
  it("is made once for each pair, however many ask", () => {
    let made = 0;
    const step = oncePerStep(
      (from: { n: number } | undefined, to: { n: number }) => `${(made += 1)}: ${from?.n}→${to.n}`,
    );
    const [a, b] = [{ n: 1 }, { n: 2 }];
    expect([
      step(undefined, a),
      step(undefined, a),
      step(a, b),
      step(a, b),
      step(b, a),
      step(undefined, b),
    ]).to.deep.equal(["1: undefined→1", "1: undefined→1", "2: 1→2", "2: 1→2", "3: 2→1", "4: undefined→2"]);
  });
});
