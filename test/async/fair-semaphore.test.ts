import { expect } from "chai";
import { FairSemaphore } from "../../src/async/fair-semaphore.ts";
import type { FairSemaphoreLimits } from "../../src/async/fair-semaphore.ts";

/** Callers with a capital letter are known; each piece of work ends when it is told to. */
const world = (limits: FairSemaphoreLimits) => {
  const semaphore = new FairSemaphore(limits);
  const begun: string[] = [];
  const away: string[] = [];
  const ends: (() => void)[] = [];
  const ask = (key: string, gaveUp?: () => boolean): void => {
    const work = async (): Promise<true> => {
      begun.push(key);
      await new Promise<void>((resolve) => void ends.push(resolve));
      return true;
    };
    const isKnown = key === key.toUpperCase();
    const run = async (): Promise<void> => {
      if ((await semaphore.run({ key, isKnown }, work, gaveUp)) === undefined) away.push(key);
    };
    void run();
  };
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  };
  return {
    begun,
    away,
    settle,
    ask: (keys: string) => keys.split(" ").forEach((key) => ask(key)),
    giveUp: (key: string) => ask(key, () => true),
    end: async (times = 1) => {
      for (let index = 0; index < times; index += 1) {
        ends.shift()?.();
        await settle();
      }
    },
  };
};

describe("mesh/fair-gate", () => {
  it("so many at once, the others in turn by caller", async () => {
    const { begun, ask, end } = world({ most: 1, mostOfStrangers: 1, mostWaiting: 10 });
    ask("a a a a b c");
    await end(5);
    expect(begun.join("")).to.equal("aabcaa");
  });

  it("known ones go first, but every fourth turn is a stranger's", async () => {
    const { begun, ask, end } = world({ most: 1, mostOfStrangers: 1, mostWaiting: 20 });
    ask("a b b A A A A A");
    await end(7);
    expect(begun.join("")).to.equal("aAAAbAAb");
  });

  it("strangers never take all places", async () => {
    const { begun, ask, end, settle } = world({ most: 3, mostOfStrangers: 2, mostWaiting: 10 });
    ask("a b c A B");
    await settle();
    expect(begun.join("")).to.equal("abA");
    await end(1);
    expect(begun.join("")).to.equal("abAB");
  });

  it("where too many wait the caller with most of them loses, a stranger before a known one", async () => {
    const { begun, away, ask, end, settle } = world({ most: 1, mostOfStrangers: 1, mostWaiting: 3 });
    ask("a a a b A");
    await settle();
    expect(away).to.deep.equal(["a"]);
    ask("A A A");
    await settle();
    expect(away.join("")).to.equal("aabA");
    await end(4);
    expect(begun.join("")).to.equal("aAAA");
  });

  it("who gave up is passed over", async () => {
    const { begun, away, ask, giveUp, end } = world({ most: 1, mostOfStrangers: 1, mostWaiting: 3 });
    ask("a");
    giveUp("b");
    ask("c");
    await end(1);
    expect([begun.join(""), away.join("")]).to.deep.equal(["ac", "b"]);
  });
});
