/** Reads text files; what cannot be read is an issue. */
import { statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { Issue } from "../core/base/text/issue.ts";

/** One file as it was found. */
export type FileFound = { readonly text: string } | { readonly issue: Issue };

/** Reads all of them, in order. A byte order mark is no part of the text, unless it is asked for with `withMark`. */
export const readFiles = (
  paths: readonly string[],
  { withMark } = { withMark: false },
): Promise<readonly FileFound[]> => Promise.all(paths.map((path) => readText(path, withMark ? markedUtf8 : utf8)));

const readText = async (path: string, decoder: typeof utf8): Promise<FileFound> => {
  try {
    return { text: decoder.decode(await readFile(path)) };
  } catch (error) {
    return { issue: { at: path, message: wordsFor(error) } };
  }
};

/** The mode of a file that others than its owner may read, such as `644`; undefined: they may not, or it is no file. */
export function modeForOthers(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  const mode = (stats?.mode ?? 0) & 0o777;
  return stats?.isFile() === true && (mode & 0o044) !== 0 ? mode.toString(8) : undefined;
}

/** Bytes that are a file elsewhere, as if they had been read here. */
export const textOfBytes = (at: string, bytes: Uint8Array): FileFound => {
  try {
    return { text: utf8.decode(bytes) };
  } catch (error) {
    return { issue: { at, message: wordsFor(error) } };
  }
};

const utf8 = new TextDecoder("utf-8", { fatal: true });
const markedUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Said of a file that would be written over. */
export const thereAlready = "is there already";

/** Why a file cannot be used, after its name. */
export const wordsFor = (error: unknown): string => {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return words.get(code) ?? `cannot be read (${code === "" ? String(error) : code})`;
};

const words: ReadonlyMap<string, string> = new Map([
  ["ENOENT", "there is no such file"],
  ["ENOTDIR", "is no folder"],
  ["EACCES", "may not be read"],
  ["EISDIR", "is a folder"],
  ["EEXIST", thereAlready],
  ["ERR_ENCODING_INVALID_ENCODED_DATA", "is not UTF-8 text"],
]);
