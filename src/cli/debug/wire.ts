/** `weft debug --wire`: for some seconds, with whom a pod speaks, and how much of that is encrypted. */
import type { Readable } from "node:stream";
import { captureNotes, wireCommand } from "../../core/debug/commands.ts";
import { wirePodOf } from "../../core/debug/container.ts";
import { wireOf } from "../../core/debug/wire.ts";
import { wireJson, wireText } from "../../core/debug/wire-text.ts";
import type { Debugged, DebugWorld } from "./container.ts";
import { begun, captureFailure, notesIn } from "./running.ts";

export interface WireAsked {
  readonly seconds: number;
  readonly format: "table" | "json";
}

/** What was seen until the user asked to stop is shown, too. */
export async function wire(
  world: DebugWorld,
  ready: () => Promise<Debugged>,
  { seconds, format }: WireAsked,
): Promise<void> {
  const { io, progress } = world;
  const debugged = await ready();
  const place = `${debugged.pod.namespace}/${debugged.pod.name}`;
  const pod = wirePodOf(debugged.object);
  const running = await begun(world, debugged, { command: wireCommand(seconds, pod.inboundPort), tty: false });
  io.stderr(`weft: reads what goes over eth0 of ${place} for ${seconds}s\n`);
  const seen = wireOf(pod);
  const answered = progress.onAsk(`packets of ${place}`);
  const [text, , end] = await progress.during(() =>
    Promise.all([notesIn(running.stderr), eachLine(running.stdout, seen.add), running.ended]),
  );
  answered();
  const notes = captureNotes(text);
  // The user has stopped it where it did not come to its end.
  const failure = io.signal.aborted ? undefined : captureFailure(notes, end, debugged.container);
  if (failure !== undefined) throw failure;
  const rows = seen.rows();
  if (format === "json") io.print(`${JSON.stringify(wireJson(rows), undefined, 2)}\n`);
  else if (rows.length > 0) io.print(wireText(rows));
  for (const line of doubts({ isEmpty: rows.length === 0, dropped: notes.dropped, leftOut: seen.leftOut() }))
    io.stderr(`weft: ${line}\n`);
}

interface Seen {
  readonly isEmpty: boolean;
  readonly dropped: number;
  readonly leftOut: number;
}

function doubts({ isEmpty, dropped, leftOut }: Seen): readonly string[] {
  return [
    ...(isEmpty ? ["no TCP came over eth0 in that time"] : []),
    ...(dropped > 0 ? [`${dropped} packets came faster than they could be read: they are not in the table`] : []),
    ...(leftOut > 0 ? [`more connections than can be told apart: ${leftOut} bytes are not in the table`] : []),
  ];
}

/** Characters. A longer line is none of tshark's. */
const longestLine = 65_536;

async function eachLine(stream: Readable, onLine: (line: string) => void): Promise<void> {
  let rest = "";
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const lines = (rest + chunk.toString("latin1")).split("\n");
    rest = (lines.pop() ?? "").slice(0, longestLine);
    for (const line of lines) onLine(line);
  }
}
