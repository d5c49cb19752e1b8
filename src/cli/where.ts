/** Where a message says that there is more to read. Of every command, so it loads nothing. */
import type { Io } from "./io.ts";

interface Topic {
  readonly page: string;
  /** A heading of it; none: the whole page. */
  readonly anchor?: string;
}

/** `weft help check#pods`, and the address of the same on the web where there is one. */
export function whereOf({ page, anchor }: Topic, { homepage = "", version }: Pick<Io, "homepage" | "version">): string {
  const command = `weft help ${page}${anchor === undefined ? ".md" : `#${anchor}`}`;
  if (homepage === "") return command;
  return `${command} or ${homepage}/blob/v${version}/docs/${page}.md${anchor === undefined ? "" : `#${anchor}`}`;
}

/** A word behind `weft help` that is no command, or says by `.md` or `#` that it is a page: `identity.md`, `check#pods`. */
export const isTopic = (word: string, commands: readonly string[]): boolean =>
  /[.#]/.test(word) || !commands.includes(word);
