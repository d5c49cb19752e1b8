import { EventEmitter } from "node:events";
import { expect } from "chai";
import { interruptSignal } from "../../src/cli/interrupt.ts";

describe("an interrupt", () => {
  const rows: readonly [first: string, second: string, code: number][] = [
    ["SIGTERM", "SIGTERM", 143],
    ["SIGINT", "SIGINT", 130],
    ["SIGTERM", "SIGINT", 130],
  ];
  for (const [first, second, code] of rows) {
    it(`by ${first} asks to stop, and ${second} after it ends the process with ${code}`, () => {
      const exits: number[] = [];
      const process = Object.assign(new EventEmitter(), { exit: (status: number) => exits.push(status) });
      const signal = interruptSignal(process);
      expect(signal.aborted).to.equal(false);
      process.emit(first);
      expect([signal.aborted, exits]).to.deep.equal([true, []]);
      process.emit(second);
      expect(exits).to.deep.equal([code]);
    });
  }
});
