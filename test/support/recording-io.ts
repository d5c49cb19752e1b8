/** The world of a command under test: what it reads is given, what it writes is kept. */
import type { Io } from "../../src/cli/io.ts";
import { forPeople } from "../../src/core/base/text/terminal.ts";

export interface RecordingIo extends Io {
  readonly written: { stdout: string; stderr: string };
}

export function recordingIo(given: { readonly stdin?: string } & Partial<Omit<Io, "stdin">> = {}): RecordingIo {
  const written = { stdout: "", stderr: "" };
  const colours = given.colours ?? { stdout: undefined, stderr: undefined };
  return {
    env: {},
    colours,
    log: { write: (line) => (written.stderr += line) },
    signal: new AbortController().signal,
    version: "0.0.0",
    ...given,
    stdin: () => Promise.resolve(given.stdin ?? ""),
    stdout: (text) => void (written.stdout += text),
    print: (text) => void (written.stdout += forPeople(text, colours.stdout)),
    stderr: (text) => void (written.stderr += forPeople(text, colours.stderr)),
    written,
  };
}
