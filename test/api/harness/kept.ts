/**
 * Child processes that end with this one, however it ends: each has a keeper, a shell that kills it once the pipe from
 * here is closed, which the kernel does even after SIGKILL. The keeper is in a session of its own, so that Ctrl-C on a
 * terminal leaves the order of stopping to us.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import type { Socket } from "node:net";
import type { Readable } from "node:stream";

export interface Kept {
  /** Of the process itself, not of its keeper. */
  readonly pid: number;
  /** Does nothing when it has ended. */
  readonly kill: (signal: NodeJS.Signals) => void;
  /** Resolves with the exit code, 128 + number after a signal. */
  readonly ended: Promise<number>;
  readonly running: () => boolean;
  /** All it wrote, to both of its outputs. */
  readonly output: () => string;
}

export interface KeptOptions {
  /** Where both outputs go. */
  readonly log: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Folder to be removed once this process has ended. */
  readonly remove?: string;
}

// A keeper is not to be ended by whoever ends all shells, or its process would be left; the trap is set when the process
// has begun, which would inherit it. Descriptor 3 is the pipe from here. The process must not have it, or a child of its own would hold it open.
const rotation = `
"$@" 3<&- 4>&- &
child=$!
trap '' HUP INT TERM
echo $child >&4
exec 4>&-
{ cat <&3 >/dev/null; kill -KILL $child 2>/dev/null; } &
wait $child
code=$?
kill -KILL $! 2>/dev/null
[ -z "$REMOVED_AT_THE_END" ] || rm -rf "$REMOVED_AT_THE_END"
exit $code
`;

export async function keep(command: readonly string[], { log, env = process.env, remove }: KeptOptions): Promise<Kept> {
  const file = openSync(log, "a");
  const shell = spawn("/bin/sh", ["-c", rotation, "sh", ...command], {
    detached: true,
    stdio: ["ignore", file, file, "pipe", "pipe"],
    env: { ...env, REMOVED_AT_THE_END: remove ?? "" },
  });
  closeSync(file);
  const pipe = shell.stdio[3] as Socket;
  let running = true;
  const ended = once(shell, "exit").then(([code]) => {
    running = false;
    // The keeper's reader waits for it.
    pipe.destroy();
    return (code as number | null) ?? 255;
  });
  const pid = Number(await textOf(shell.stdio[4] as Readable));
  if (!(pid > 1)) throw new Error(`did not start: ${command.join(" ")}`);
  return {
    pid,
    kill: (signal) => {
      if (running) signalled(pid, signal);
    },
    ended,
    running: () => running,
    output: () => readFileSync(log, "utf8"),
  };
}

async function textOf(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

function signalled(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
