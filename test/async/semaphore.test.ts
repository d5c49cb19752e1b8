import { expect } from "chai";
import { semaphore } from "../../src/async/semaphore.ts";

/** Work that ends when it is told to. */
function held() {
  const log: string[] = [];
  const ends = new Map<string, () => void>();
  const work = (name: string) => async (): Promise<string> => {
    log.push(name);
    await new Promise<void>((resolve) => void ends.set(name, resolve));
    return name;
  };
  return { log, work, end: (name: string) => ends.get(name)?.() };
}

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe("core/mesh/gate", () => {
  it("runs so many at once, the others in the order in which they came, and turns away the rest", async () => {
    const { log, work, end } = held();
    const { run, inFlight, waiting } = semaphore({ most: 2, mostWaiting: 2 });
    const all = ["a", "b", "c", "d", "e"].map((name) => run(work(name)));
    expect(await all[4]).to.equal(undefined);
    expect([log, inFlight(), waiting()]).to.deep.equal([["a", "b"], 2, 2]);
    end("b");
    expect(await all[1]).to.equal("b");
    await turn();
    expect([log, inFlight(), waiting()]).to.deep.equal([["a", "b", "c"], 2, 1]);
    end("a");
    await turn();
    end("c");
    end("d");
    expect(await Promise.all(all.slice(0, 4))).to.deep.equal(["a", "b", "c", "d"]);
    expect([inFlight(), waiting()]).to.deep.equal([0, 0]);
  });

  it("who gave up while waiting is passed over", async () => {
    const { log, work, end } = held();
    const { run } = semaphore({ most: 1, mostWaiting: 10 });
    let gone = false;
    const [first, second, third] = [run(work("a")), run(work("b"), () => gone), run(work("c"))];
    gone = true;
    end("a");
    expect([await first, await second]).to.deep.equal(["a", undefined]);
    await turn();
    end("c");
    expect(await third).to.equal("c");
    expect(log).to.deep.equal(["a", "c"]);
  });

  it("work that fails makes room for the next", async () => {
    const { run, inFlight } = semaphore({ most: 1, mostWaiting: 1 });
    const failed = run(() => Promise.reject(new Error("no")));
    const next = run(() => Promise.resolve("yes"));
    expect(await failed.catch((error: unknown) => String(error))).to.equal("Error: no");
    expect([await next, inFlight()]).to.deep.equal(["yes", 0]);
  });
});
