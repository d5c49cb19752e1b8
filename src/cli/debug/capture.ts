/** `weft debug --pcap`: packets of a pod, as tcpdump writes them, into a file or to standard output. */
import { createWriteStream } from "node:fs";
import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { wordsOf } from "../../core/base/text/words.ts";
import { captureCommand, captureNotes } from "../../core/debug/commands.ts";
import { CommandFailure, usageFailure } from "../io.ts";
import type { Io } from "../io.ts";
import type { Debugged, DebugWorld } from "./container.ts";
import { begun, captureFailure, notesIn } from "./running.ts";

export interface CaptureAsked {
  /** `-`: standard output. */
  readonly file: string;
  /** 0: until the user asks to stop. */
  readonly seconds: number;
}

export async function capture(
  world: DebugWorld,
  ready: () => Promise<Debugged>,
  { file, seconds }: CaptureAsked,
): Promise<void> {
  const { io, progress } = world;
  if (file === "-" && io.streams?.terminal !== undefined)
    throw usageFailure("--pcap -: standard output is a terminal, where packets are of no use");
  const debugged = await ready();
  const running = await begun(world, debugged, { command: captureCommand(seconds), tty: false });
  const until = seconds === 0 ? "until Ctrl-C" : `for ${seconds}s`;
  io.stderr(`weft: packets of ${debugged.pod.namespace}/${debugged.pod.name} go to ${nameOf(file)} ${until}\n`);
  const answered = progress.onAsk("packets");
  const written = pipeline(running.stdout, sinkOf(file, io), { end: file !== "-" }).then(
    () => undefined,
    (error: unknown) => {
      running.destroy();
      return error;
    },
  );
  const [text, fault, end] = await progress.during(() =>
    Promise.all([notesIn(running.stderr), written, running.ended]),
  );
  answered();
  if (fault !== undefined && !isClosedPipe(fault)) throw new CommandFailure([`${nameOf(file)}: ${wordsOf(fault)}`]);
  if (isClosedPipe(fault)) return;
  const notes = captureNotes(text);
  const failure = captureFailure(notes, end, debugged.container);
  if (failure !== undefined) throw failure;
  const dropped = notes.dropped === 0 ? "" : `; ${notes.dropped} more came faster than they could be taken`;
  io.stderr(`weft: ${notes.captured ?? 0} packets${dropped}\n`);
}

const nameOf = (file: string): string => (file === "-" ? "standard output" : file);

const sinkOf = (file: string, { streams }: Io): Writable => {
  if (file !== "-") return createWriteStream(file);
  if (streams === undefined) throw new Error("there is no standard output");
  return streams.stdout;
};

/** Whoever read it has seen enough. */
const isClosedPipe = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "EPIPE";
