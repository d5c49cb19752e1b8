/** A folder for a short time. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Scratch {
  readonly path: string;
  /** Writes a text and gives the file's path. */
  readonly write: (name: string, text: string) => Promise<string>;
  /** Removes the folder with all that is in it. */
  readonly remove: () => Promise<void>;
}

/** A new folder of this user alone, among the system's temporary files. */
export async function scratchFolder(prefix: string): Promise<Scratch> {
  const path = await mkdtemp(join(tmpdir(), prefix));
  return {
    path,
    write: async (name, text) => {
      const file = join(path, name);
      await writeFile(file, text);
      return file;
    },
    remove: () => rm(path, { recursive: true, force: true }),
  };
}
