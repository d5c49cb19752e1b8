/** What a command may use of the world around it. Tests pass their own; `process.ts` passes the process's. */
import type { Colours } from "../core/base/text/terminal.ts";
import type { Readable, Writable } from "node:stream";
import type { LogSink } from "../observe/log.ts";
import type { Terminal } from "./terminal-screen.ts";

export interface Io {
  /** Standard input as a whole; rejects when it is no UTF-8 text, unless that may be put up with. */
  readonly stdin: (how?: { readonly lossy: boolean }) => Promise<string>;
  /** For programs: manifests. Every character leaves as it is. JSON is printed: an escape is the same value there. */
  readonly stdout: (text: string) => void;
  /** The same stream, for people: what controls a terminal leaves as escapes (`forPeople`). */
  readonly print: (text: string) => void;
  /** For people, too. */
  readonly stderr: (text: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What begins a colour on the two streams. */
  readonly colours: { readonly stdout: Colours; readonly stderr: Colours };
  /** Of a program that serves. It is written to standard error, and never waited for. */
  readonly log: LogSink;
  /** Aborts when the user asks to stop, or nobody reads standard output any more. Reading it turns off the usual end at Ctrl-C. */
  readonly signal: AbortSignal;
  /** Of weft, as `--version` and `linkerd.io/created-by` say it. */
  readonly version: string;
  /** Where weft is on the web, without a slash at the end; nothing: nowhere. */
  readonly homepage?: string;
  /** Of the terminal that standard output is; nothing: it is none. */
  readonly columns?: number | undefined;
  /** For what passes bytes on, unread: a shell, a capture. Reading it takes standard input. Nothing: in tests. */
  readonly streams?: Streams | undefined;
  /** While what was written to standard output waits for its reader: resolves when it was taken, or never will be. */
  readonly taken?: (() => Promise<void> | undefined) | undefined;
  /** That standard input and output are; nothing: they are none. */
  readonly terminal?: Terminal | undefined;
  /** Shows a line on standard error that goes before the next output; `undefined` takes it away. Nothing: no terminal. */
  readonly progress?: ((line: string | undefined) => void) | undefined;
  /** Told once a server serves: what starting took may be given back. */
  readonly serving?: (() => unknown) | undefined;
}

export interface Streams {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Undefined: standard input and output are not both one. */
  readonly terminal: RawTerminal | undefined;
}

/** As far as a program elsewhere needs it. */
export type RawTerminal = Pick<Terminal, "size" | "onResize" | "raw">;

/** Thrown by a command that cannot do what it was asked: each line goes to standard error, then the exit code. */
export class CommandFailure extends Error {
  readonly lines: readonly string[];
  readonly exitCode: number;

  constructor(lines: readonly string[], exitCode = 1) {
    super(lines.join("\n"));
    this.lines = lines;
    this.exitCode = exitCode;
  }
}

/** The arguments themselves are wrong. */
export const usageFailure = (...lines: readonly string[]): CommandFailure => new CommandFailure(lines, 2);
