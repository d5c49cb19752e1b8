/** Writes new files, such as keys. */
import { lstatSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Issue } from "../core/base/text/issue.ts";
import { wordsFor } from "./read.ts";

/** For its owner alone. */
export const writeSecretFile = (path: string, text: string): Promise<Issue | undefined> =>
  writeNewFile(path, text, 0o600);

/** What is there already stays, and is an issue. A folder that is missing is made. */
export async function writeNewFile(path: string, text: string, mode: number): Promise<Issue | undefined> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text, { mode, flag: "wx" });
    return undefined;
  } catch (error) {
    return { at: path, message: wordsFor(error) };
  }
}

/** Whatever it is; a link that leads nowhere, too. */
export const fileIsThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;
