import { expect } from "chai";
import { Encodings } from "../../src/grpc/encoded.ts";

describe("grpc/encoded: messages that are encoded when they are wanted", () => {
  const made: string[] = [];
  const message = (encodings: Encodings, text: string) =>
    encodings.deferred(
      () => 100,
      () => {
        made.push(text);
        return Buffer.from(text);
      },
    );
  beforeEach(() => made.splice(0));

  it("nothing is encoded before, and once for all who want it", () => {
    const aa = message(new Encodings(10), "aa");
    expect([made.length, aa.isEncoded(), aa.bytes()]).to.deep.equal([0, false, 100]);
    expect([aa.encode().toString(), aa.encode().toString(), made]).to.deep.equal(["aa", "aa", ["aa"]]);
    expect([aa.isEncoded(), aa.bytes()]).to.deep.equal([true, 2]);
  });
  it("within so many bytes: what was used longest ago is encoded again", () => {
    const encodings = new Encodings(5);
    const [a, b, c] = ["aa", "bb", "cc"].map((text) => message(encodings, text));
    for (const each of [a, b, a, c]) each?.encode();
    expect([a, b, c].map((each) => each?.isEncoded())).to.deep.equal([true, false, true]);
    expect([b?.encode().toString(), made, encodings.bytes]).to.deep.equal(["bb", ["aa", "bb", "cc", "bb"], 4]);
  });
  it("one that is larger than all the room is given, and not kept", () => {
    const large = message(new Encodings(1), "aa");
    expect([large.encode().toString(), large.isEncoded()]).to.deep.equal(["aa", false]);
  });
});
