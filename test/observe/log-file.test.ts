import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { logTo, waitingAtMost, waitingInTrouble } from "../../src/observe/log-file.ts";
import type { LogFile } from "../../src/observe/log-file.ts";
import type { LostLines } from "../../src/observe/log.ts";

/** A disk or a pipe with room for so many bytes, and a clock that a test turns. */
interface Stage {
  readonly log: LogFile;
  readonly written: () => string;
  readonly told: LostLines[];
  /** Bytes that can be taken; with none, what is said. */
  room: number;
  trouble: string;
  /** Takes what is written, and never says so. */
  stuck: boolean;
  readonly wait: (milliseconds: number) => void;
  /** Of the last attempts. */
  readonly attempts: () => number;
}

function staged(): Stage {
  let [now, text, attempts] = [0, "", 0];
  let timers: { readonly at: number; readonly act: () => void }[] = [];
  const told: LostLines[] = [];
  const stage = { room: Infinity, trouble: "EAGAIN", stuck: false };
  const take = (bytes: Uint8Array): number => {
    attempts += 1;
    if (stage.room === 0) throw Object.assign(new Error(stage.trouble), { code: stage.trouble });
    const taken = bytes.subarray(0, Math.min(bytes.length, stage.room));
    stage.room -= taken.length;
    text += Buffer.from(taken).toString("utf8");
    return taken.length;
  };
  const after = (milliseconds: number, act: () => void): void => void timers.push({ at: now + milliseconds, act });
  const wait = (milliseconds: number): void => {
    for (const end = now + milliseconds; ;) {
      const next = timers.toSorted((a, b) => a.at - b.at).find(({ at }) => at <= end);
      now = next?.at ?? end;
      if (next === undefined) return;
      timers = timers.filter((timer) => timer !== next);
      next.act();
    }
  };
  const log = logTo({
    write: (bytes, done) =>
      after(0, () => {
        if (stage.stuck) return;
        try {
          done(null, take(bytes));
        } catch (error) {
          done(error as NodeJS.ErrnoException, 0);
        }
      }),
    writeNow: take,
    now: () => now,
    after,
    pause: (milliseconds) => Promise.resolve(wait(milliseconds)),
    sleep: wait,
  });
  log.whenWritable((lost) => {
    told.push(lost);
    log.write(`lost ${lost.lines}\n`);
  });
  return Object.assign(stage, { log, told, wait, written: () => text, attempts: () => attempts });
}

const line = `${"x".repeat(1023)}\n`;
const fill = ({ log }: Stage, lines: number): void => {
  for (let index = 0; index < lines; index += 1) log.write(line);
};

describe("the log's file", () => {
  it("gathers lines for a tenth of a second", () => {
    const stage = staged();
    stage.log.write("a\n");
    stage.wait(50);
    stage.log.write("b\n");
    expect(stage.attempts()).to.equal(0);
    stage.wait(50);
    expect(stage.written()).to.equal("a\nb\n");
    expect(stage.attempts()).to.equal(1);
  });

  const outages: readonly [claim: string, trouble: string, atMost: number][] = [
    ["a full disk", "ENOSPC", waitingInTrouble],
    ["a used up quota", "EDQUOT", waitingInTrouble],
    ["a failing disk", "EIO", waitingInTrouble],
    ["a reader that is behind", "EAGAIN", waitingAtMost],
    ["a reader that is gone", "EPIPE", waitingInTrouble],
  ];
  for (const [claim, trouble, atMost] of outages) {
    it(`bounds what waits for ${claim}, counts what is lost, and says so once when writing works again`, () => {
      const stage = Object.assign(staged(), { room: 100, trouble });
      const inBound = atMost / line.length;
      fill(stage, 4);
      stage.wait(1);
      fill(stage, inBound - 4 + 5);
      stage.wait(60_000);
      fill(stage, 2);
      expect(stage.log.lost()).to.equal(7);
      expect(stage.attempts(), "attempts in a minute").to.be.lessThan(700);
      stage.room = Infinity;
      stage.wait(2000);
      expect(stage.written() === `${line.repeat(inBound)}lost 7\n`, "each line whole, in order").to.equal(true);
      expect(stage.told).to.deep.equal([{ lines: 7, because: trouble }]);
      stage.log.write("after\n");
      stage.wait(1000);
      expect(stage.written().endsWith("lost 7\nafter\n")).to.equal(true);
      expect(stage.log.lost()).to.equal(7);
    });
  }

  it("loses nothing in an outage that the bound outlasts", () => {
    const stage = Object.assign(staged(), { room: 0, trouble: "ENOSPC" });
    fill(stage, 10);
    stage.wait(10_000);
    stage.room = Infinity;
    stage.wait(1000);
    expect(stage.written() === line.repeat(10)).to.equal(true);
    expect([stage.log.lost(), stage.told]).to.deep.equal([0, []]);
  });

  it("ends within a second, whatever the device does", async () => {
    for (const trouble of ["ENOSPC", "EAGAIN"]) {
      const stage = Object.assign(staged(), { room: 0, trouble });
      fill(stage, 10);
      await stage.log.end();
      expect(stage.log.endNow(), trouble).to.equal(true);
      expect(stage.attempts(), trouble).to.be.lessThan(200);
    }
  });

  it("writes at the end what a device that works again takes", async () => {
    const stage = Object.assign(staged(), { room: 0, trouble: "ENOSPC" });
    fill(stage, 10);
    await stage.log.end();
    stage.wait(1);
    stage.room = Infinity;
    stage.log.endNow();
    expect(stage.written() === line.repeat(10)).to.equal(true);
  });

  it("says when a write may never end", async () => {
    const stage = Object.assign(staged(), { stuck: true });
    fill(stage, 10);
    await stage.log.end();
    expect(stage.log.endNow()).to.equal(false);
  });

  const ends: readonly [claim: string, code: string][] = [
    ["ends by itself", ""],
    ["exits", "process.exit(3);"],
    ["crashes", "throw new Error('crash');"],
    ["crashes later", "setImmediate(() => Promise.reject(new Error('crash')));"],
  ];
  const module = fileURLToPath(new URL("../../src/observe/log-file.ts", import.meta.url));
  for (const [claim, code] of ends) {
    it(`loses no line when the process ${claim}`, () => {
      const program = `import { logToFile } from ${JSON.stringify(module)};
        const sink = logToFile(1); process.once("exit", () => sink.endNow());
        for (let i = 0; i < 5000; i++) sink.write("line " + i + "\\n"); ${code}`;
      const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" });
      // What was being written when the process crashed can come after what was written because it did.
      const lines = stdout.trimEnd().split("\n").toSorted();
      expect(lines).to.deep.equal(Array.from({ length: 5000 }, (_, index) => `line ${index}`).toSorted());
    });
  }
});
