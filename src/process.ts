/** Arguments → command → exit code. With `main.ts`, which loads it, the only reader of `process`. */
import { randomUUID } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { interruptSignal } from "./cli/interrupt.ts";
import type { Io } from "./cli/io.ts";
import { run } from "./cli/program.ts";
import { standardOutput } from "./cli/standard-output.ts";
import { terminalOf } from "./cli/terminal-screen.ts";
import { forPeople } from "./core/base/text/terminal.ts";
import type { Colours } from "./core/base/text/terminal.ts";
import { ownPackage } from "./files/package.ts";
import { logToFile } from "./observe/log-file.ts";
import type { LogFile } from "./observe/log-file.ts";

let interrupted: AbortSignal | undefined;
let log: LogFile | undefined;

const output = standardOutput(process.stdout, 1);
// There is nobody left to tell.
process.stderr.on("error", () => undefined);
const secret = randomUUID();
const colours = { stdout: coloursOf(process.stdout), stderr: coloursOf(process.stderr) };

const shownLine = process.stderr.isTTY && process.stdout.isTTY ? lineOn(process.stderr) : undefined;

const io: Io = {
  stdin: readStdin,
  stdout: output.write,
  print: (text) => {
    shownLine?.(undefined);
    output.write(forPeople(text, colours.stdout));
  },
  stderr: (text) => {
    shownLine?.(undefined);
    process.stderr.write(forPeople(text, colours.stderr));
  },
  progress: shownLine,
  serving: async () => (await import("./cli/given-back.ts")).giveBackMemory(),
  env: process.env,
  colours,
  get log() {
    log ??= openLog();
    return log;
  },
  get signal() {
    interrupted ??= AbortSignal.any([interruptSignal(process), output.ended]);
    return interrupted;
  },
  columns: process.stdout.columns,
  get streams() {
    const { stdin, stdout, stderr } = process;
    return { stdin, stdout, stderr, terminal: ownTerminal() };
  },
  taken: output.taken,
  // Whoever does not ask leaves standard input alone.
  get terminal() {
    return ownTerminal();
  },
  ...ownPackage(),
};

const complaint = tooOld();
if (complaint !== undefined) process.stderr.write(complaint);
process.exitCode = complaint === undefined ? await run(process.argv.slice(2), io) : 1;
const failure = output.failure();
if (failure !== undefined) {
  io.stderr(`weft: standard output: ${failure}\n`);
  process.exitCode ||= 1;
}
// A write that is under way, or waits for a reader, would keep the process.
await log?.end();
if (log !== undefined) process.exit();
// Likewise of standard output, where somebody has asked to stop.
if (interrupted?.aborted === true) setTimeout(() => process.exit(), 500).unref();

function ownTerminal(): ReturnType<typeof terminalOf> {
  return terminalOf({ input: process.stdin, output: process.stdout, colours: colours.stdout, process });
}

/** At the end what is left is written, if that can be done at once; a write that may never end is not waited for. */
function openLog(): LogFile {
  const file = logToFile(2);
  process.once("exit", () => {
    if (!file.endNow()) process.kill(process.pid, "SIGKILL");
  });
  return file;
}

/** Text that is no UTF-8 would come out as another text, so it is refused. */
async function readStdin({ lossy } = { lossy: false }): Promise<string> {
  const bytes = await buffer(process.stdin);
  if (lossy) return bytes.toString("utf8");
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Error("is not UTF-8 text");
  }
}

/** NO_COLOR and FORCE_COLOR as their conventions say (no-color.org, force-color.org). */
function coloursOf(stream: NodeJS.WriteStream): Colours {
  if ((process.env["NO_COLOR"] ?? "") !== "") return undefined;
  return (process.env["FORCE_COLOR"] ?? "") !== "" || stream.isTTY ? secret : undefined;
}

/** A line that is written over; the codes are those of ECMA-48: to the first column, and empty to the end. */
function lineOn(stream: NodeJS.WriteStream): (line: string | undefined) => void {
  let shown = "";
  return (line = "") => {
    if (line === shown) return;
    shown = line;
    // One that went on in the next row could not be taken away.
    stream.write(`\r\u001B[K${forPeople(line, undefined).slice(0, Math.max(0, (stream.columns || 80) - 1))}`);
  };
}

/** Words instead of a stack trace where JSON.rawJSON and the like are missing. */
function tooOld(): string | undefined {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 22 || (major === 22 && minor >= 19)) return undefined;
  return `weft: needs Node 22.19 or newer, this is ${process.versions.node}\n`;
}
