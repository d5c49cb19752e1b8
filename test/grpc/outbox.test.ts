import { expect } from "chai";
import { Outbox } from "../../src/grpc/outbox.ts";
import type { Message } from "../../src/grpc/outbox.ts";

const limits = { bytes: 100, bytesOfOne: 60, stall: 1000 };

const world = () => {
  const clock = { now: 0 };
  const outbox = new Outbox(limits, () => clock.now);
  const seen: string[] = [];
  const send = (key: string, bytes: number, name = key): Message => {
    const message: Message = {
      key,
      bytes,
      go: () => seen.push(name),
      cut: () => {
        seen.push(`cut ${name}`);
        outbox.done(message);
      },
    };
    outbox.send(message);
    return message;
  };
  return { clock, outbox, seen, send };
};

describe("grpc/outbox", () => {
  it("so many bytes are on their way, of one caller a part of them", () => {
    const { outbox, seen, send } = world();
    send("a", 50, "a1");
    send("a", 20, "a2");
    send("b", 50, "b1");
    send("c", 1, "c1");
    expect([seen.join(" "), outbox.bytes]).to.deep.equal(["a1 b1", 100]);
  });

  it("who waits goes in turn by caller, when there is room", () => {
    const { outbox, seen, send } = world();
    const first = send("a", 60, "a1");
    for (const name of ["a2", "a3"]) send("a", 20, name);
    const other = send("b", 40, "b1");
    for (const name of ["b2", "b3"]) send("b", 20, name);
    outbox.done(first);
    expect(seen.join(" ")).to.equal("a1 b1 a2 b2 a3");
    outbox.done(other);
    expect(seen.at(-1)).to.equal("b3");
  });

  it("a message larger than all the room goes alone", () => {
    const { outbox, seen, send } = world();
    const large = send("a", 1000, "large");
    send("b", 1);
    expect(seen).to.deep.equal(["large"]);
    outbox.done(large);
    expect([seen, outbox.bytes]).to.deep.equal([["large", "b"], 1]);
  });

  it("a reader that takes nothing is cut off, but only for others", () => {
    const { clock, outbox, seen, send } = world();
    for (const name of ["x", "y"]) send(name, 50);
    clock.now += 5000;
    outbox.look();
    expect(seen).to.deep.equal(["x", "y"]);
    send("a", 30);
    outbox.look();
    expect(seen.slice(2)).to.deep.equal(["cut x", "a"]);
  });

  /** What is sent, such as `x20`: 20 bytes to `x`. Those `before` are slow when the others come. */
  const crowds: readonly [claim: string, before: string, then: string, cut: string][] = [
    ["whoever holds most is cut off first", "x20 y50 z30", "a10", "y50"],
    ["of it the readers that went first", "x40 y30 y20 y10", "a10", "y30"],
    ["as many as the others need", "x40 y10 y10 y10 y10 y10 y10", "a10 b5 c6", "y10 y10 y10"],
    ["one that holds less only where that is not enough", "x30 y40 z30", "a30 b30", "y40 x30"],
    ["of a caller that waits for its own share its own", "x60 y40", "y30", "y40"],
    ["and nobody else's, where that is enough", "x60", "x10", "x60"],
    ["who takes what it gets stays, whatever it holds", "y10", "x60 z30 a10", "y10"],
    ["of what one caller waits for no more than its share counts", "v20 w20 x20 y20 z20", "a50 a50", "v20 w20 x20"],
    ["for a message larger than all the room all give way", "x50 y50", "a1000", "x50 y50"],
  ];
  for (const [claim, before, then, cut] of crowds) {
    it(`of slow readers: ${claim}`, () => {
      const { clock, outbox, seen, send } = world();
      const sendAll = (all: string): void => {
        for (const name of all.split(" ")) send(name.slice(0, 1), Number(name.slice(1)), name);
      };
      sendAll(before);
      clock.now += limits.stall;
      sendAll(then);
      outbox.look();
      expect(seen.filter((each) => each.startsWith("cut")).join(" ")).to.equal(cut.replaceAll(/(?<=^| )/g, "cut "));
    });
  }

  it("slow readers whose connections are not closed yet are not replaced by others", () => {
    const { clock, outbox, seen, send } = world();
    const cut: string[] = [];
    for (const name of ["x", "y"]) {
      outbox.send({ key: name, bytes: 50, go: () => undefined, cut: () => void cut.push(name) });
    }
    clock.now += 5000;
    send("a", 30);
    outbox.look();
    outbox.look();
    expect([cut, seen]).to.deep.equal([["x", "x"], []]);
  });

  it("what is not wanted any more is not sent, and holds no bytes", () => {
    const { outbox, seen, send } = world();
    const first = send("a", 60, "a1");
    outbox.withdraw(send("a", 60, "a2"));
    send("a", 10, "a3");
    outbox.withdraw(first);
    expect([seen, outbox.bytes]).to.deep.equal([["a1"], 60]);
    outbox.done(first);
    outbox.done(first);
    expect([seen, outbox.bytes]).to.deep.equal([["a1", "a3"], 10]);
  });
});
