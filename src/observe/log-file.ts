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

export const logTo = (device: Device): LogFile => new LogWriter(device);

class LogWriter implements LogFile {
  readonly #device: Device;
  #state: "idle" | "gathering" | "writing" | "failed" = "idle";
  /** When the write that is under way began. */
  #since = 0;
  #lines: string[] = [];
  /** Characters in `#lines`, and in what is being written. */
  #waiting = 0;
  #inFlight = 0;
  /** What is left of what is being written. */
  #rest: Uint8Array = new Uint8Array();
  /** What the last attempt failed with; and what lines were lost for. */
  #trouble = "";
  #because = "";
  /** Lost in all; and those of them that were told. */
  #lost = 0;
  #told = 0;
  /** From the first lost line on nothing is taken until all is written. */
  #full = false;
  #tell: ((lost: LostLines) => void) | undefined;

  constructor(device: Device) {
    this.#device = device;
  }

  readonly write: LogFile["write"] = (line) => {
    const atMost = this.#trouble === "" || isBusy(this.#trouble) ? waitingAtMost : waitingInTrouble;
    this.#full ||= this.#waiting + this.#inFlight >= atMost;
    if (this.#full) {
      this.#lost += 1;
      this.#because = this.#trouble || this.#because || "slow";
      return;
    }
    this.#lines.push(line);
    this.#waiting += line.length;
    if (this.#state === "idle") this.#gather();
    if (this.#state === "gathering" && this.#waiting >= worthWriting) this.#begin();
  };

  readonly whenWritable: LogFile["whenWritable"] = (tell) => void (this.#tell = tell);

  readonly lost = (): number => this.#lost;

  readonly end = async (): Promise<void> => {
    for (let waited = 0; waited < flushTimeout; waited += nap) {
      if (this.#lines.length === 0 && this.#rest.length === 0) return;
      if (this.#state === "gathering") this.#begin();
      await this.#device.pause(nap);
    }
  };

  readonly endNow = (): boolean => {
    const isHeld = this.#state === "writing";
    if (isHeld && this.#device.now() - this.#since >= flushTimeout) return false;
    // What is under way is another thread's, and is awaited by the end of the process.
    if (isHeld || writeWhole(this.#rest, this.#device)) {
      writeWhole(Buffer.from(this.#lines.join(""), "utf8"), this.#device);
    }
    return true;
  };

  #gather(): void {
    this.#state = "gathering";
    this.#device.after(gathering, () => void (this.#state === "gathering" && this.#begin()));
  }

  #begin(): void {
    if (this.#rest.length === 0) this.#takeLines();
    if (this.#rest.length === 0) return this.#settle();
    this.#state = "writing";
    this.#since = this.#device.now();
    this.#device.write(this.#rest, (error, count) => (error === null ? this.#wrote(count) : this.#failed(error)));
  }

  #takeLines(): void {
    this.#rest = Buffer.from(this.#lines.join(""), "utf8");
    this.#inFlight = this.#waiting;
    this.#lines = [];
    this.#waiting = 0;
  }

  #wrote(count: number): void {
    if (count === 0) return this.#failed({ code: "EAGAIN" });
    this.#trouble = "";
    this.#rest = this.#rest.subarray(count);
    if (this.#rest.length > 0 || this.#full || this.#waiting >= worthWriting) this.#begin();
    else this.#settle();
  }

  #failed({ code = "unknown" }: Pick<NodeJS.ErrnoException, "code">): void {
    this.#state = "failed";
    this.#trouble = code;
    this.#device.after(isBusy(code) ? untilRead : untilMended, () => this.#begin());
  }

  /** Nothing is left but a few lines, which are gathered. */
  #settle(): void {
    this.#inFlight = 0;
    this.#state = "idle";
    this.#full = false;
    const missed = { lines: this.#lost - this.#told, because: this.#because };
    this.#told = this.#lost;
    this.#because = "";
    if (missed.lines > 0) this.#tell?.(missed);
    else if (this.#lines.length > 0) this.#gather();
  }
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
