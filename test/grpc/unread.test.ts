import { expect } from "chai";
import { array, assert, nat, property, uint8Array } from "fast-check";
import { headLength, mostInMessage, Unread } from "../../src/grpc/unread.ts";

function framed(message: Uint8Array): Buffer {
  const head = Buffer.alloc(headLength);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** The messages, told in pieces of that many bytes. */
function told(bytes: Buffer, size: number): readonly Buffer[] {
  const unread = new Unread();
  const messages: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size)
    unread.add(bytes.subarray(at, at + size), (message) => messages.push(message));
  return messages;
}

describe("messages of a stream", () => {
  it("are the same in whatever pieces they come", () => {
    assert(
      property(array(uint8Array({ maxLength: 20 })), nat(20), (messages, size) => {
        const bytes = Buffer.concat(messages.map(framed));
        expect(told(bytes, size + 1).map((each) => [...each])).to.deep.equal(messages.map((each) => [...each]));
      }),
    );
  });

  it("are refused where one is too long, before it has come", () => {
    const head = Buffer.alloc(headLength);
    head.writeUInt32BE(mostInMessage + 1, 1);
    expect(() => told(head, 5)).to.throw("a message of 1048577 bytes, 1048576 are taken");
  });

  // A byte in each frame had all before it copied for each.
  it("take as long for each byte, however long a message is", () => {
    const took = (length: number): number => {
      const bytes = framed(new Uint8Array(length));
      const before = process.cpuUsage();
      expect(told(bytes, 1)).to.have.length(1);
      const { user, system } = process.cpuUsage(before);
      return user + system;
    };
    took(50_000);
    const ratios = [1, 2, 3].map(() => took(400_000) / Math.max(1000, took(50_000)));
    expect(Math.min(...ratios)).to.be.lessThan(30);
  });
});
