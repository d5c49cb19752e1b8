/** A program in a debug container that ends by itself, or when the user asks to stop; and what its standard error says. */
import type { Readable } from "node:stream";
import { isNotPermitted } from "../../core/debug/commands.ts";
import type { CaptureNotes } from "../../core/debug/commands.ts";
import { refusalLines } from "../../core/debug/refusal.ts";
import { ExecRefused } from "../../kube/exec.ts";
import type { ExecEnd, Running, ToRun } from "../../kube/exec.ts";
import { CommandFailure } from "../io.ts";
import type { Debugged, DebugWorld } from "./container.ts";

/** Milliseconds for a program to end after its standard input has. */
const endsWithin = 3000;

/** Starts it. When the user asks to stop, it has a moment to end; then the connection is closed. */
export async function begun(
  { exec, io, wait }: DebugWorld,
  { pod, container }: Debugged,
  what: Omit<ToRun, "container">,
): Promise<Running> {
  const ended = new AbortController();
  const stopped = (): void => ended.abort(new Error("stopped"));
  io.signal.addEventListener("abort", stopped, { once: true });
  try {
    const running = await exec(pod, { container, ...what }, ended.signal);
    const stop = (): void => {
      running.stdin.end();
      void (async () => {
        await wait(endsWithin, ended.signal);
        running.destroy();
      })();
    };
    io.signal.removeEventListener("abort", stopped);
    io.signal.addEventListener("abort", stop, { once: true });
    void (async () => {
      await running.ended;
      io.signal.removeEventListener("abort", stop);
      ended.abort();
    })();
    return running;
  } catch (error) {
    if (!(error instanceof ExecRefused)) throw error;
    const place = { pod: pod.name, namespace: pod.namespace };
    throw new CommandFailure(refusalLines("exec", place, { status: error.status, words: error.message }));
  }
}

/** Characters. What is more goes unread. */
const mostNotes = 65_536;

/** The text of a stream, when it has ended. */
export async function notesIn(stream: Readable): Promise<string> {
  let text = "";
  for await (const chunk of stream as AsyncIterable<Buffer>) if (text.length < mostNotes) text += chunk.toString();
  return text;
}

/** Undefined: it came to its end. */
export function captureFailure(notes: CaptureNotes, end: ExecEnd, container: string): CommandFailure | undefined {
  if (notes.captured !== undefined) return undefined;
  const why = end.kind === "failed" ? end.words : (notes.trouble[0] ?? `it ended with exit code ${end.code}`);
  const help = isNotPermitted(notes.trouble)
    ? ["it is not root, or its runtime gives no NET_RAW; --net-raw asks for it, where Pod Security admits that"]
    : [];
  return new CommandFailure([`container ${container} captured nothing: ${why}`, ...help]);
}
