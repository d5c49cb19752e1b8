/** Manifests by their names: files, folders with all that is below them, standard input, and https addresses. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Issue } from "../core/base/text/issue.ts";
import type { Result } from "../core/base/text/result.ts";
import { readFiles } from "./read.ts";

export interface InputReaders {
  /** Standard input as a whole; asked once. */
  readonly stdin: () => Promise<string>;
  readonly fetch: (url: string) => Promise<Response>;
  /** Which files of a folder are read, by their paths; all without it. */
  readonly isWanted?: (path: string) => boolean;
}

export interface Input {
  /** What messages call it. */
  readonly name: string;
  readonly text: string;
}

/** In the order of the names, a folder's files as `ls` sorts them; or everything that cannot be read. */
export async function readInputs(names: readonly string[], readers: InputReaders): Promise<Result<readonly Input[]>> {
  const read: (readonly (Input | Issue)[])[] = [];
  for (const name of names) read.push(await readInput(name, readers));
  const issues = read.flat().filter((found) => "message" in found);
  return issues.length > 0 ? { issues } : { value: read.flat().filter((found) => "text" in found) };
}

async function readInput(name: string, readers: InputReaders): Promise<readonly (Input | Issue)[]> {
  if (name === "-") return [await attempt("standard input", readers.stdin)];
  if (/^[a-z][a-z0-9+.-]*:\/\/[^/]/i.test(name)) return [await attempt(name, () => download(name, readers.fetch))];
  try {
    const paths = await filesBelow(name, readers.isWanted ?? everyFile);
    const found = await readFiles(paths, { withMark: true });
    return found.map((file, index) => ("issue" in file ? file.issue : { name: paths[index] ?? name, text: file.text }));
  } catch (error) {
    return [{ at: name, message: wordsFor(error) }];
  }
}

async function attempt(name: string, read: () => Promise<string>): Promise<Input | Issue> {
  try {
    return { name, text: await read() };
  } catch (error) {
    return { at: name, message: wordsFor(error) };
  }
}

/** fetch says why in the cause of its error. */
function wordsFor(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

const everyFile = (): boolean => true;

/** The file itself, or what is below the folder. Links to folders are not followed: they might lead back. */
async function filesBelow(path: string, isWanted: (path: string) => boolean): Promise<readonly string[]> {
  if (!(await isFolder(path))) return [path];
  const entries = (await readdir(path, { withFileTypes: true })).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const files: (readonly string[])[] = [];
  for (const entry of entries) {
    const below = join(path, entry.name);
    if (entry.isDirectory()) files.push(await filesBelow(below, isWanted));
    else if (isWanted(below) && (!entry.isSymbolicLink() || !(await isFolder(below)))) files.push([below]);
  }
  return files.flat();
}

/** What does not exist is no folder; reading it says so. */
const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

async function download(url: string, fetch: InputReaders["fetch"]): Promise<string> {
  if (!url.toLowerCase().startsWith("https://")) throw new Error("only HTTPS URLs are allowed");
  const response = await fetch(url);
  if (!response.url.startsWith("https://")) throw new Error("leads to an address without HTTPS");
  if (response.status !== 200) {
    throw new Error(`unable to read URL, server reported ${response.statusText}, status code=${response.status}`);
  }
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(await response.arrayBuffer());
}
