/** The pages of `docs/`, which come with the package; found from `src` and from `dist`. */
import { readFile, readdir } from "node:fs/promises";

const folder = new URL("../../docs/", import.meta.url);

export interface DocsPage {
  /** Of its file, without `.md`. */
  readonly name: string;
  readonly text: string;
}

/** Sorted by their names. */
export async function docsPages(): Promise<readonly DocsPage[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".md")).toSorted();
  return await Promise.all(
    names.map(async (name) => ({
      name: name.slice(0, -".md".length),
      text: await readFile(new URL(name, folder), "utf8"),
    })),
  );
}
