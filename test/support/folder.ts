/** A folder for one test, and the ways in which files in it change. */
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Folder {
  readonly path: string;
  readonly at: (name: string) => string;
  readonly write: (name: string, text: string) => Promise<void>;
  /** Writes beside it and renames, as editors do. */
  readonly replace: (name: string, text: string) => Promise<void>;
  readonly remove: (name: string) => Promise<void>;
  /** As a kubelet does for a mounted ConfigMap: files are links into `..data`, itself a link that is swapped. */
  readonly mount: (files: Readonly<Record<string, string>>) => Promise<void>;
  readonly destroy: () => Promise<void>;
}

export const newFolder = async (): Promise<Folder> => {
  const path = await mkdtemp(join(tmpdir(), "weft-files-"));
  const at = (name: string): string => join(path, name);
  let mounted = 0;
  return {
    path,
    at,
    write: (name, text) => writeFile(at(name), text),
    replace: async (name, text) => {
      await writeFile(at(`.${name}.new`), text);
      await rename(at(`.${name}.new`), at(name));
    },
    remove: (name) => rm(at(name), { recursive: true }),
    mount: async (files) => {
      mounted += 1;
      const data = `..version-${mounted}`;
      await mkdir(at(data));
      for (const [name, text] of Object.entries(files)) await writeFile(join(path, data, name), text);
      await symlink(data, at("..data_tmp"));
      await rename(at("..data_tmp"), at("..data"));
      if (mounted === 1) for (const name of Object.keys(files)) await symlink(join("..data", name), at(name));
      else await rm(at(`..version-${mounted - 1}`), { recursive: true });
    },
    destroy: () => rm(path, { recursive: true, force: true }),
  };
};
