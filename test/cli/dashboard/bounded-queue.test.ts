import { expect } from "chai";
import { boundedQueue } from "../../../src/cli/dashboard/bounded-queue.ts";
import type { BoundedQueue } from "../../../src/cli/dashboard/bounded-queue.ts";

const queue = (): BoundedQueue<string> => boundedQueue(2, (lost) => `${lost} lost`);

async function allOf({ all }: BoundedQueue<string>): Promise<readonly string[]> {
  const read: string[] = [];
  for await (const each of all) read.push(each);
  return read;
}

describe("bounded queue", () => {
  it("gives what came, in its order, and then ends", async () => {
    const it = queue();
    it.push("a");
    it.pushOrLose("b");
    it.end();
    expect(await allOf(it)).to.deep.equal(["a", "b"]);
  });

  it("waits for what comes later", async () => {
    const it = queue();
    const all = allOf(it);
    await Promise.resolve();
    it.pushOrLose("a");
    await Promise.resolve();
    it.end();
    expect(await all).to.deep.equal(["a"]);
  });

  it("loses what is too much, and says how much; what must be kept is kept", async () => {
    const it = queue();
    for (const each of ["a", "b", "c", "d"]) it.pushOrLose(each);
    it.push("kept");
    it.end();
    expect(await allOf(it)).to.deep.equal(["a", "b", "kept", "2 lost"]);
  });

  it("throws what it was failed with, behind the rest", async () => {
    const it = queue();
    it.push("a");
    it.fail(new Error("a bug"));
    it.end();
    const read: string[] = [];
    const outcome = async (): Promise<void> => {
      for await (const each of it.all) read.push(each);
    };
    expect(String(await outcome().catch((error: unknown) => error))).to.equal("Error: a bug");
    expect(read).to.deep.equal(["a"]);
  });
});
