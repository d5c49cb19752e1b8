/**
 * Standard output that cannot be written. A reader that has seen enough, such as `head`, is no failure: the rest goes
 * nowhere, and the command ends with its own exit code. A full disk is one.
 */
import { fstatSync, writeSync } from "node:fs";
import type { Writable } from "node:stream";
import { isatty } from "node:tty";

export interface StandardOutput {
  readonly write: (text: string) => void;
  /** While something waits for its reader; resolves when it was taken, or never will be. A terminal takes at once, or stands still. */
  readonly taken: () => Promise<void> | undefined;
  /** Aborts when nothing can be written any more. */
  readonly ended: AbortSignal;
  /** What was to be written and was not, in words. */
  readonly failure: () => string | undefined;
}

export function standardOutput(stream: Writable, descriptor: number): StandardOutput {
  const ended = new AbortController();
  let trouble: string | undefined;
  const failed = ({ code, message }: NodeJS.ErrnoException): void => {
    trouble ??= code ?? message;
    ended.abort();
  };
  stream.on("error", failed);
  // Node writes once to a file, and takes no notice when the disk had room for a part (SyncWriteStream).
  const writeNow = isFile(descriptor) ? (text: string) => writeWhole(descriptor, Buffer.from(text, "utf8")) : undefined;
  return {
    write: (text) => {
      if (trouble !== undefined) return;
      try {
        if (writeNow === undefined) stream.write(text);
        else writeNow(text);
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        failed(error);
      }
    },
    taken: () => (stream.writableNeedDrain && trouble === undefined ? drained(stream, ended.signal) : undefined),
    ended: ended.signal,
    failure: () =>
      trouble === undefined || trouble === "EPIPE"
        ? undefined
        : `not all could be written: ${troubleWords.get(trouble) ?? trouble}`,
  };
}

const drained = (stream: Writable, ended: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      stream.off("drain", end);
      ended.removeEventListener("abort", end);
      resolve();
    };
    stream.on("drain", end);
    ended.addEventListener("abort", end);
  });

const troubleWords: ReadonlyMap<string, string> = new Map([
  ["ENOSPC", "the disk is full"],
  ["EDQUOT", "the disk quota is used up"],
  ["EIO", "the disk fails"],
]);

const isFile = (descriptor: number): boolean => {
  const found = fstatSync(descriptor);
  return found.isFile() || (found.isCharacterDevice() && !isatty(descriptor));
};

function writeWhole(descriptor: number, bytes: Uint8Array): void {
  for (let rest = bytes; rest.length > 0;) rest = rest.subarray(writeSync(descriptor, rest));
}
