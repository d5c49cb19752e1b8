import { expect } from "chai";
import type { Holder } from "../../src/webhook/share.ts";
import { LargeReviews } from "../../src/webhook/large-reviews.ts";

interface Job extends Holder {
  readonly text: string;
}
const job = (text: string): Job => {
  const [from = "", namespace = ""] = text.split("/");
  return { text, from, namespace, certified: from === "*" };
};

/** Each turn takes 30 ms. */
const turns = () => {
  const done: string[] = [];
  const waits: number[] = [];
  let now = 0;
  let next: (() => void) | undefined;
  const all = new LargeReviews<Job>({
    run: ({ text }) => {
      done.push(text);
      now += 30;
    },
    now: () => now,
    later: (call, milliseconds) => {
      waits.push(milliseconds);
      next = call;
    },
  });
  const step = (): boolean => {
    const call = next;
    next = undefined;
    call?.();
    return call !== undefined;
  };
  return { all, done, waits, step };
};

describe("large reviews", () => {
  const rows: readonly [claim: string, jobs: string, order: string][] = [
    ["of one namespace in the order in which they came", "a/x a/x", "a/x a/x"],
    ["in turn by address", "a/x a/x a/x b/x", "a/x b/x a/x a/x"],
    ["in turn by namespace", "a/x a/x a/x a/y", "a/x a/y a/x a/x"],
    ["of who showed a certificate first", "a/x a/y */x */x */y", "*/x */y */x a/x a/y"],
  ];
  for (const [claim, jobs, order] of rows) {
    it(claim, () => {
      const { all, done, step } = turns();
      for (const text of jobs.split(" ")) all.add(job(text));
      while (step());
      expect(done.join(" ")).to.equal(order);
    });
  }
  it("leave the processor to others for as long as they took it", () => {
    const { all, waits, step } = turns();
    all.add(job("a/x"));
    all.add(job("a/x"));
    while (step());
    expect(waits).to.deep.equal([0, 30, 30]);
    all.add(job("a/x"));
    expect(waits.at(-1)).to.equal(0);
  });
  it("that need no turn any more have none", () => {
    const { all, done, step } = turns();
    const gone = job("a/x");
    all.add(gone);
    all.add(job("b/y"));
    all.remove(gone);
    while (step());
    expect(done).to.deep.equal(["b/y"]);
  });
});
