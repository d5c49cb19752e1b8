/** The world of a command under test: what it reads is given, what it writes is kept. */
import type { Io } from "../../src/cli/io.ts";

export interface RecordingIo extends Io {
  readonly written: { stdout: string; stderr: string };
}

export function recordingIo(given: { readonly stdin?: string } & Partial<Omit<Io, "stdin">> = {}): RecordingIo {
  const written = { stdout: "", stderr: "" };
  return {
    env: {},
    colours: { stdout: false, stderr: false },
    signal: new AbortController().signal,
    version: "0.0.0",
    ...given,
    stdin: () => Promise.resolve(given.stdin ?? ""),
    stdout: (text) => void (written.stdout += text),
    stderr: (text) => void (written.stderr += text),
    written,
  };
}
