/** `weft help TOPIC`: pages of `docs/`, in the terminal. */
import { quoted } from "../core/base/text/quote.ts";
import { closest } from "../core/base/text/similar.ts";
import { anchorsOf, pageText, sectionOf, titleOf } from "../core/print/page.ts";
import { folded } from "../core/print/wrap.ts";
import { docsPages } from "../files/docs.ts";
import type { DocsPage } from "../files/docs.ts";
import { usageFailure } from "./io.ts";
import type { Io } from "./io.ts";

const list = "docs";

export async function printTopic(word: string, commands: readonly string[], io: Io): Promise<void> {
  const pages = await docsPages();
  if (word === list) {
    io.print(folded(listText(pages), io.columns ?? 80));
    return;
  }
  const [, name = "", anchor] = /^([^#]*?)(?:\.md)?(?:#(.*))?$/s.exec(word) ?? [];
  const page = pages.find((each) => each.name === name);
  if (page === undefined) {
    const meant = closest(name, [...commands, ...pages.map((each) => each.name), list]);
    const hint = meant === undefined ? `weft help ${list} lists the pages` : `did you mean ${meant}?`;
    throw usageFailure(`no command and no page ${quoted(name)}; ${hint}`);
  }
  const text = anchor === undefined ? page.text : sectionOf(page.text, anchor);
  if (text === undefined) throw usageFailure(unknownSection(page, anchor ?? ""));
  io.print(pageText(text, { name, columns: Math.min(io.columns ?? 80, widest) }));
}

/** Longer lines are hard to read. */
const widest = 100;

function unknownSection({ name, text }: DocsPage, anchor: string): string {
  const meant = closest(anchor, anchorsOf(text));
  return `page ${name} has no section ${quoted(anchor)}; ${meant === undefined ? `weft help ${name}.md prints all of it` : `did you mean ${name}#${meant}?`}`;
}

function listText(pages: readonly DocsPage[]): string {
  const width = Math.max(...pages.map(({ name }) => name.length)) + ".md".length;
  return pages
    .map(({ name, text }) => `${`${name}.md`.padEnd(width)}  ${titleOf(text).replaceAll("`", "")}\n`)
    .join("");
}
