/**
 * A log on a file descriptor that may be full, stalled, closed or slow. Lines wait in memory up to a bound; what comes
 * while the bound is reached is lost and counted. Nothing waits for the log: no caller, no timer without an end, and
 * the end of the process a second at most.
 *
 * pino's own destination retries for ever, asleep, when the process ends, and what it fails with is nobody's to hear.
 */
import { write, writeSync } from "node:fs";
import type { LogSink, LostLines } from "./log.ts";

export interface LogFile extends LogSink {
  readonly whenWritable: (tell: (lost: LostLines) => void) => void;
  readonly lost: () => number;
  /** Resolves when all is written, or no more can be within a second. */
  readonly end: () => Promise<void>;
  /** The process ends now: what can be written is, within a second. False when the device holds a write that may never end. */
  readonly endNow: () => boolean;
}

/** What lines are written to, and the time that goes by; milliseconds. */
export interface Device {
  /** Some of the bytes; `done` hears how many. */
  readonly write: (bytes: Uint8Array, done: (error: NodeJS.ErrnoException | null, count: number) => void) => void;
  /** The same at once; throws. */
  readonly writeNow: (bytes: Uint8Array) => number;
  readonly now: () => number;
  /** Keeps no process alive. */
  readonly after: (milliseconds: number, act: () => void) => void;
  /** Keeps the process alive. */
  readonly pause: (milliseconds: number) => Promise<void>;
  /** Stands still. */
  readonly sleep: (milliseconds: number) => void;
}

/** Characters that wait at most, but for the last line of them: for a reader that is behind, and for one that fails. */
export const waitingAtMost = 4 * 1024 * 1024;
export const waitingInTrouble = 64 * 1024;
/** Characters that are worth a write of their own; fewer are gathered for `gathering` milliseconds. */
const worthWriting = 4096;
const gathering = 100;
/** Between two attempts; milliseconds. A reader is soon done, a disk is full for longer. */
export const untilRead = 100;
export const untilMended = 1000;
/** For what is left at the end; milliseconds. */
const flushTimeout = 1000;
const nap = 10;

export const logToFile = (descriptor: number): LogFile =>
  logTo({
    write: (bytes, done) => write(descriptor, bytes, done),
    writeNow: (bytes) => writeSync(descriptor, bytes),
    now: () => performance.now(),
    after: (milliseconds, act) => void setTimeout(act, milliseconds).unref(),
    pause: (milliseconds) => new Promise((resolve) => void setTimeout(resolve, milliseconds)),
    sleep: (milliseconds) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds),
  });

export function logTo(device: Device): LogFile {
  let lines: string[] = [];
  /** Characters in `lines`, and in what is being written. */
  let waiting = 0;
  let inFlight = 0;
  let rest: Uint8Array = new Uint8Array();
  let state: "idle" | "gathering" | "writing" | "failed" = "idle";
  let since = 0;
  /** What the last attempt failed with; and what lines were lost for. */
  let [trouble, because] = ["", ""];
  /** Lost in all; and those of them that were told. From the first lost line on nothing is taken until all is written. */
  let [lost, told, full] = [0, 0, false];
  let tell: ((lost: LostLines) => void) | undefined;

  const begin = (): void => {
    if (rest.length === 0) {
      rest = Buffer.from(lines.join(""), "utf8");
      inFlight = waiting;
      [lines, waiting] = [[], 0];
    }
    if (rest.length === 0) return settle();
    state = "writing";
    since = device.now();
    device.write(rest, (error, count) => (error === null ? wrote(count) : failed(error)));
  };
  const wrote = (count: number): void => {
    if (count === 0) return failed({ code: "EAGAIN" });
    trouble = "";
    rest = rest.subarray(count);
    if (rest.length > 0 || full || waiting >= worthWriting) return begin();
    settle();
  };
  const failed = ({ code = "unknown" }: Pick<NodeJS.ErrnoException, "code">): void => {
    state = "failed";
    trouble = code;
    device.after(isBusy(code) ? untilRead : untilMended, begin);
  };
  /** Nothing is left but a few lines, which are gathered. */
  const settle = (): void => {
    inFlight = 0;
    state = "idle";
    full = false;
    const missed = { lines: lost - told, because };
    [told, because] = [lost, ""];
    if (missed.lines > 0) tell?.(missed);
    else if (lines.length > 0) gather();
  };
  const gather = (): void => {
    state = "gathering";
    device.after(gathering, () => void (state === "gathering" && begin()));
  };

  return {
    write: (line) => {
      const atMost = trouble === "" || isBusy(trouble) ? waitingAtMost : waitingInTrouble;
      full ||= waiting + inFlight >= atMost;
      if (full) {
        lost += 1;
        because = trouble || because || "slow";
        return;
      }
      lines.push(line);
      waiting += line.length;
      if (state === "idle") gather();
      if (state === "gathering" && waiting >= worthWriting) begin();
    },
    whenWritable: (listener) => void (tell = listener),
    lost: () => lost,
    end: async () => {
      for (let waited = 0; waited < flushTimeout && (lines.length > 0 || rest.length > 0); waited += nap) {
        if (state === "gathering") begin();
        await device.pause(nap);
      }
    },
    endNow: () => {
      const isHeld = state === "writing";
      if (isHeld && device.now() - since >= flushTimeout) return false;
      // What is under way is another thread's, and is awaited by the end of the process.
      if (isHeld || writeWhole(rest, device)) writeWhole(Buffer.from(lines.join(""), "utf8"), device);
      return true;
    },
  };
}

/** True when all is written; gives up after a second of naps, or at another failure than a reader that is behind. */
function writeWhole(bytes: Uint8Array, { writeNow, sleep }: Device): boolean {
  let rest = bytes;
  for (let slept = 0; rest.length > 0 && slept < flushTimeout;) {
    const count = writtenNow(rest, writeNow);
    if (count === undefined) return false;
    rest = rest.subarray(count);
    if (count > 0) continue;
    sleep(nap);
    slept += nap;
  }
  return rest.length === 0;
}

function writtenNow(bytes: Uint8Array, writeNow: Device["writeNow"]): number | undefined {
  try {
    return writeNow(bytes);
  } catch (error) {
    return error instanceof Error && "code" in error && isBusy(String(error.code)) ? 0 : undefined;
  }
}

const isBusy = (code: string): boolean => code === "EAGAIN" || code === "EBUSY" || code === "EINTR";
