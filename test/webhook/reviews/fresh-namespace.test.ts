import { expect } from "chai";
import type { Deadline } from "../../../src/async/until.ts";
import { freshNamespaceLook } from "../../../src/webhook/reviews/fresh-namespace.ts";
import type { Look } from "../../../src/webhook/reviews/fresh-namespace.ts";

const forever: Deadline = { at: Infinity, signal: () => new AbortController().signal };

describe("a second look", () => {
  let asked: string[];
  let time: number;
  beforeEach(() => ([asked, time] = [[], 0]));
  const looking = (answers: (name: string) => Promise<number>): Look<number> =>
    freshNamespaceLook((name) => (asked.push(name), answers(name)), { remembered: 2000, now: () => time });

  it("is shared by those who ask meanwhile, and remembered for a moment", async () => {
    const look = looking(async () => asked.length);
    expect(await Promise.all([look("shop", forever), look("shop", forever), look("bank", forever)])).to.deep.equal([
      1, 1, 2,
    ]);
    time = 1999;
    expect(await look("shop", forever)).to.equal(1);
    time = 2000;
    expect(await look("shop", forever)).to.equal(3);
    expect(asked).to.deep.equal(["shop", "bank", "shop"]);
  });

  it("that failed is not remembered", async () => {
    const look = looking(async () => {
      if (asked.length === 1) throw new Error("refused");
      return asked.length;
    });
    const both = await Promise.allSettled([look("shop", forever), look("shop", forever)]);
    expect(both.map(({ status }) => status)).to.deep.equal(["rejected", "rejected"]);
    expect(await look("shop", forever)).to.equal(2);
  });

  it("ends for each who asks at their own deadline, and goes on for the others", async () => {
    const answer = Promise.withResolvers<number>();
    const gone = new AbortController();
    const signals: AbortSignal[] = [];
    const look = freshNamespaceLook((_, { signal }) => (signals.push(signal()), answer.promise));
    const first = look("shop", { at: Infinity, signal: () => gone.signal });
    const second = look("shop", forever);
    gone.abort();
    expect(await first.catch(String)).to.equal("Error: no answer in time");
    expect(await look("shop", { at: 0, signal: () => gone.signal }).catch(String)).to.equal("Error: no answer in time");
    expect(signals.map(({ aborted }) => aborted)).to.deep.equal([false]);
    answer.resolve(7);
    expect(await second).to.equal(7);
  });

  it("of very many namespaces takes no more and more memory", async () => {
    const look = looking(async () => 0);
    for (let index = 0; index < 1001; index += 1) await look(`n${index}`, forever);
    await look("n0", forever);
    expect(asked.filter((name) => name === "n0")).to.have.length(2);
  });
});
