#!/usr/bin/env node
/** Arguments → command → exit code. The only reader of `process`. */
import { readFileSync } from "node:fs";
import { buffer } from "node:stream/consumers";
import { interruptSignal } from "./cli/interrupt.ts";
import type { Io } from "./cli/io.ts";
import { run } from "./cli/program.ts";

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
  version: version(),
};

// A reader that has seen enough, such as `head`, is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

process.exitCode = await run(process.argv.slice(2), io);

/** Text that is no UTF-8 would come out as another text, so it is refused. */
async function readStdin(): Promise<string> {
  const bytes = await buffer(process.stdin);
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

function version(): string {
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
    readonly version: string;
  };
  return version;
}
