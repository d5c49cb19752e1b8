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
    expect(seen.slice(2)).to.deep.equal(["cut x", "a", "cut y"]);
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
