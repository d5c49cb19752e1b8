/** `weft debug` without more: a shell in the debug container, or the command that was asked for, as `kubectl exec` has it. */
import { pipeline } from "node:stream/promises";
import { wordsOf } from "../../core/base/text/words.ts";
import { CommandFailure } from "../io.ts";
import type { Streams } from "../io.ts";
import type { Running } from "../../kube/exec.ts";
import type { Debugged, DebugWorld } from "./container.ts";
import { begun } from "./running.ts";

/** Its exit code becomes weft's. */
export async function shell(
  world: DebugWorld,
  ready: () => Promise<Debugged>,
  command: readonly string[],
): Promise<void> {
  const { streams } = world.io;
  if (streams === undefined) throw new Error("there are no streams");
  const debugged = await ready();
  const what = { command: command.length === 0 ? anyShell : command, tty: streams.terminal !== undefined };
  const running = await begun(world, debugged, what);
  const setBack = lent(streams, running);
  try {
    await Promise.all([
      pipeline(running.stdout, streams.stdout, { end: false }),
      pipeline(running.stderr, streams.stderr, { end: false }),
    ]);
  } catch (error) {
    // Nobody reads what it says.
    running.destroy();
    if (!world.io.signal.aborted) throw new CommandFailure([wordsOf(error)]);
  } finally {
    setBack();
  }
  const end = await running.ended;
  if (end.kind === "failed" && !world.io.signal.aborted)
    throw new CommandFailure([`${debugged.container}: ${end.words}`]);
  if (end.kind === "exited" && end.code !== 0) throw new CommandFailure([], end.code);
}

/** The debug image of Linkerd has it, too; others may not. */
const anyShell = ["sh", "-c", "command -v bash >/dev/null && exec bash; exec sh"];

/** What is typed goes there, and the size of the terminal; gives what takes both back. */
function lent({ stdin, terminal }: Streams, running: Running): () => void {
  const setBack = terminal?.raw();
  const tellSize = (): void => {
    const size = terminal?.size();
    if (size !== undefined) running.resize(size.columns, size.rows);
  };
  const deaf = terminal?.onResize(tellSize);
  tellSize();
  stdin.pipe(running.stdin);
  return () => {
    setBack?.();
    deaf?.();
    stdin.unpipe(running.stdin);
    // It would keep the process.
    stdin.destroy();
  };
}
