import { expect } from "chai";
import { boundedOutput, mostWaiting } from "../../../src/cli/tap/output.ts";

interface Reader {
  readonly written: string[];
  readonly lost: number[];
  readonly still: number[];
  readonly push: (text: string) => void;
  /** From now on what is written waits, until the reader goes on. */
  readonly stop: () => void;
  readonly goOn: () => Promise<void>;
  /** The next write takes so long. */
  readonly takes: (milliseconds: number) => void;
}

function reader(): Reader {
  const [written, lost, still]: [string[], number[], number[]] = [[], [], []];
  let [now, next] = [0, 0];
  let waiting: PromiseWithResolvers<void> | undefined;
  const { push } = boundedOutput({
    write: (text) => {
      written.push(text);
      now += next;
      next = 0;
    },
    taken: () => waiting?.promise,
    clock: { now: () => now },
    onLost: (texts) => lost.push(texts),
    onStill: (milliseconds) => still.push(milliseconds),
  });
  return {
    written,
    lost,
    still,
    push,
    stop: () => (waiting = Promise.withResolvers()),
    goOn: async () => {
      const ended = waiting;
      waiting = undefined;
      ended?.resolve();
      await ended?.promise;
    },
    takes: (milliseconds) => (next = milliseconds),
  };
}

describe("cli/tap/output", () => {
  it("lines go out as they come", () => {
    const { written, push } = reader();
    push("a\n");
    push("b\n");
    expect(written).to.deep.equal(["a\n", "b\n"]);
  });

  it("where the reader is slow so many wait, and go out in order when it goes on", async () => {
    const { written, push, stop, goOn, lost } = reader();
    stop();
    for (const text of ["a\n", "b\n", "c\n"]) push(text);
    expect(written).to.deep.equal(["a\n"]);
    await goOn();
    expect(written).to.deep.equal(["a\n", "b\nc\n"]);
    push("d\n");
    expect(written.at(-1)).to.equal("d\n");
    expect(lost).to.deep.equal([]);
  });

  it("more are lost, and counted: a million lines take no more memory than the bound", async () => {
    const { written, push, stop, goOn, lost } = reader();
    stop();
    const line = `${"x".repeat(99)}\n`;
    for (let count = 0; count <= 1_000_000; count += 1) push(line);
    await goOn();
    const waited = Math.floor(mostWaiting / line.length);
    expect(written.map(({ length }) => length)).to.deep.equal([line.length, waited * line.length]);
    expect(lost).to.deep.equal([1_000_000 - waited]);
  });

  it("a terminal that stands still holds up everything: that is told, too", () => {
    const { push, takes, still } = reader();
    takes(999);
    push("a\n");
    takes(4000);
    push("b\n");
    expect(still).to.deep.equal([4000]);
  });
});
