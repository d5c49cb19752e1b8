import { expect } from "chai";
import { piecesOfWork } from "../../src/async/pieces-of-work.ts";
import type { PiecesOfWork } from "../../src/async/pieces-of-work.ts";

describe("pieces of work", () => {
  /** Steps of several workers, by name, turn by turn; a piece is over after so many steps. */
  const turns = async (longest: number, workers: Readonly<Record<string, number>>): Promise<readonly string[]> => {
    const due: (() => void)[] = [];
    let done = "";
    const isLong = () => {
      const began = done.length;
      return () => done.length - began >= longest;
    };
    const pieces = piecesOfWork(isLong, (run) => due.push(run));
    for (const [name, steps] of Object.entries(workers))
      void work(pieces, steps, () => {
        done += name;
      });
    const seen: string[] = [];
    for (let turn: (() => void) | undefined = () => undefined; turn !== undefined; turn = due.shift()) {
      const before = seen.length === 0 ? 0 : done.length;
      turn();
      // Promises that are due are part of the turn.
      for (let each = 0; each < 3 * longest; each += 1) await Promise.resolve();
      seen.push(done.slice(before));
    }
    return seen.filter((steps) => steps !== "");
  };
  const work = async (pieces: PiecesOfWork, steps: number, step: () => void): Promise<void> => {
    for (let each = 0; each < steps; each += 1) {
      const rest = pieces.rest();
      if (rest !== undefined) await rest;
      step();
    }
  };

  const rows: readonly [claim: string, workers: Record<string, number>, expected: readonly string[]][] = [
    ["what is short is done at once", { a: 2, b: 1 }, ["aab"]],
    ["what is long goes on in the next turn", { a: 7 }, ["aaa", "aaa", "a"]],
    ["one turn has one piece, whoever's it is", { a: 5, b: 5 }, ["aaa", "aa", "bbb", "bb"]],
    ["who has had a piece waits behind those who wait", { a: 9, b: 2, c: 1 }, ["aaa", "aaa", "bb", "c", "aaa"]],
  ];
  for (const [claim, workers, expected] of rows)
    it(claim, async () => {
      expect(await turns(3, workers)).to.deep.equal(expected);
    });

  it("what comes in a turn has its share of the piece of that turn", () => {
    const due: (() => void)[] = [];
    let steps = 0;
    const isLong = () => {
      const began = steps;
      return () => steps - began >= 2;
    };
    const pieces = piecesOfWork(isLong, (run) => due.push(run));
    pieces.later(() => (steps += 1));
    due.shift()?.();
    expect([pieces.rest(), pieces.waiting()]).to.deep.equal([undefined, 0]);
    steps += 1;
    expect([pieces.rest() === undefined, pieces.waiting()]).to.deep.equal([false, 1]);
  });

  it("who fails in a piece keeps nobody from theirs", () => {
    const due: (() => void)[] = [];
    const pieces = piecesOfWork(
      () => () => false,
      (run) => due.push(run),
    );
    const done: string[] = [];
    pieces.later(() => {
      throw new Error("a bug");
    });
    pieces.later(() => done.push("next"));
    expect(() => due.shift()?.()).to.throw("a bug");
    due.shift()?.();
    expect([done, pieces.waiting()]).to.deep.equal([["next"], 0]);
  });
});
