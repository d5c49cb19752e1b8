/** Writes files that nobody else may read, such as keys. */
import { writeFile } from "node:fs/promises";
import type { Issue } from "../core/mesh/issue.ts";
import { wordsFor } from "./read.ts";

/** A new file, for its owner alone; what is there already stays, and is an issue. */
export async function writeSecretFile(path: string, text: string): Promise<Issue | undefined> {
  try {
    await writeFile(path, text, { mode: 0o600, flag: "wx" });
    return undefined;
  } catch (error) {
    return { at: path, message: wordsFor(error) };
  }
}
