/** The process's own streams, for a program elsewhere that is to have them. */
import type { ReadStream, WriteStream } from "node:tty";
import type { Streams, RawTerminal } from "./io.ts";

/** The part of `process` that this needs. */
export interface ProcessStreams {
  readonly stdin: ReadStream;
  readonly stdout: WriteStream;
  readonly stderr: WriteStream;
}

export const streamsOf = ({ stdin, stdout, stderr }: ProcessStreams): Streams => ({
  stdin,
  stdout,
  stderr,
  terminal: stdin.isTTY && stdout.isTTY ? terminalOf(stdin, stdout) : undefined,
});

const terminalOf = (stdin: ReadStream, stdout: WriteStream): RawTerminal => ({
  size: () => ({ columns: stdout.columns, rows: stdout.rows }),
  onResize: (listener) => {
    stdout.on("resize", listener);
    return () => stdout.off("resize", listener);
  },
  raw: () => {
    const was = stdin.isRaw;
    stdin.setRawMode(true);
    return () => void stdin.setRawMode(was);
  },
});
