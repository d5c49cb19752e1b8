#!/usr/bin/env node
/** Arguments → command → exit code. The only reader of `process`. */
import { buffer } from "node:stream/consumers";
import { interruptSignal } from "./cli/interrupt.ts";
import type { Io } from "./cli/io.ts";
import { run } from "./cli/program.ts";
import { ownVersion } from "./files/package.ts";

let interrupted: AbortSignal | undefined;

const io: Io = {
  stdin: readStdin,
  stdout: (output) => void process.stdout.write(output),
  stderr: (output) => void process.stderr.write(output),
  env: process.env,
  colours: { stdout: hasColours(process.stdout), stderr: hasColours(process.stderr) },
  get signal() {
    interrupted ??= interruptSignal(process);
    return interrupted;
  },
  version: ownVersion(),
};

// A reader that has seen enough, such as `head`, is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

const complaint = tooOld();
if (complaint !== undefined) process.stderr.write(complaint);
process.exitCode = complaint === undefined ? await run(process.argv.slice(2), io) : 1;

/** Text that is no UTF-8 would come out as another text, so it is refused. */
async function readStdin({ lossy } = { lossy: false }): Promise<string> {
  const bytes = await buffer(process.stdin);
  if (lossy) return bytes.toString("utf8");
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Error("is not UTF-8 text");
  }
}

/** NO_COLOR and FORCE_COLOR as their conventions say (no-color.org, force-color.org). */
function hasColours(stream: NodeJS.WriteStream): boolean {
  if ((process.env["NO_COLOR"] ?? "") !== "") return false;
  return (process.env["FORCE_COLOR"] ?? "") !== "" || stream.isTTY;
}

/** Words instead of a stack trace where JSON.rawJSON and the like are missing. */
function tooOld(): string | undefined {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 22 || (major === 22 && minor >= 19)) return undefined;
  return `weft: needs Node 22.19 or newer, this is ${process.versions.node}\n`;
}
