/** A page of `docs/`, which is Markdown, as text for a terminal. */
import { wrapped } from "./wrap.ts";

/** What GitHub makes of a heading, for links to it. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replaceAll(/\s/g, "-");

/** From the heading with this anchor to the next one that is as high; undefined: there is no such heading. */
export function sectionOf(page: string, anchor: string): string | undefined {
  const lines = page.split("\n");
  const headings = headingsOf(lines);
  const found = headings.find(({ text }) => anchorOf(text) === anchor);
  if (found === undefined) return undefined;
  const next = headings.find(({ line, depth }) => line > found.line && depth <= found.depth);
  return lines.slice(found.line, next?.line).join("\n");
}

export const anchorsOf = (page: string): readonly string[] =>
  headingsOf(page.split("\n")).map(({ text }) => anchorOf(text));

/** The first heading: what the page is about. */
export const titleOf = (page: string): string => headingsOf(page.split("\n"))[0]?.text ?? "";

interface Heading {
  readonly line: number;
  readonly depth: number;
  readonly text: string;
}

function headingsOf(lines: readonly string[]): readonly Heading[] {
  let isCode = false;
  return lines.flatMap((each, line) => {
    if (each.startsWith("```")) isCode = !isCode;
    const [, marks = "", text = ""] = (isCode ? null : /^(#+) (.*)$/.exec(each)) ?? [];
    return marks === "" ? [] : [{ line, depth: marks.length, text }];
  });
}

/** `name`: of the page, for links within it. With a newline at the end. */
export function pageText(page: string, { name, columns }: { readonly name: string; readonly columns: number }): string {
  const blocks = blocksOf(page.replaceAll(/<!--.*?-->\n?/gs, ""));
  return `${blocks.map((block) => blockText(block, name, columns)).join("\n\n")}\n`;
}

/** Lines without an empty one between them; code is one block whatever it holds. */
function blocksOf(page: string): readonly (readonly string[])[] {
  const blocks: string[][] = [[]];
  let isCode = false;
  for (const line of page.split("\n")) {
    if (line.startsWith("```")) isCode = !isCode;
    if (line.trim() === "" && !isCode) blocks.push([]);
    else blocks.at(-1)?.push(line);
  }
  return blocks.filter((block) => block.length > 0);
}

function blockText(lines: readonly string[], name: string, columns: number): string {
  const [first = ""] = lines;
  if (first.startsWith("```"))
    return lines
      .slice(1, -1)
      .map((line) => `    ${line}`.trimEnd())
      .join("\n");
  const plain = lines.map((line) => plainText(line, name));
  if (first.startsWith("#")) return headingText(plain[0] ?? "", columns);
  if (first.startsWith("|")) return tableText(plain, columns);
  return plain.map((line) => itemText(line, columns)).join("\n");
}

function headingText(line: string, columns: number): string {
  const lines = wrapped(line.replace(/^#+ /, ""), columns);
  const text = lines.join("\n");
  const longest = Math.max(...lines.map((each) => each.length));
  return line.startsWith("# ") ? `${text}\n${"=".repeat(longest)}` : text.toUpperCase();
}

/** An item of a list is indented below its mark. */
function itemText(line: string, columns: number): string {
  const [mark = ""] = /^\s*(?:[-*]|\d+\.) /.exec(line) ?? [];
  const [head = "", ...rest] = wrapped(line.slice(mark.length), columns - mark.length);
  return [`${mark}${head}`, ...rest.map((each) => " ".repeat(mark.length) + each)].join("\n");
}

/**
 * A row's first cell, and the others below it, each with its column's name: tables of pages are wider than terminals. Of
 * two columns the second needs no name.
 */
function tableText(lines: readonly string[], columns: number): string {
  const [header = [], , ...rows] = lines.map(cellsOf);
  const isPair = header.length === 2;
  return rows
    .map(([first = "", ...cells]) => {
      const others = cells.flatMap((cell, index) => {
        const label = header[index + 1] ?? "";
        if (cell === "") return [];
        return wrapped(isPair || label === "" ? cell : `${label}: ${cell}`, columns - 4).map((line) => `    ${line}`);
      });
      return [...wrapped(first, columns), ...others].join("\n");
    })
    .join("\n");
}

const cellsOf = (line: string): readonly string[] =>
  line
    .replaceAll(/^\|\s*|\s*\|$/g, "")
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll("\\|", "|"));

/** Links say how the same command shows what they lead to. */
const plainText = (line: string, name: string): string =>
  line
    .replaceAll(/\[([^\]]+)\]\(([^)\s]+)\)/g, (_all, text: string, target: string) => linkText(text, target, name))
    .replaceAll(/\*\*([^*]+)\*\*/g, "$1")
    .replaceAll(/(?<![\w/])_([^_]+)_(?![\w/])/g, "$1")
    .replaceAll(/`([^`]+)`/g, "$1");

function linkText(text: string, target: string, name: string): string {
  const [, page = "", anchor = ""] = /^(?:([\w-]+)\.md)?(#[\w-]+)?$/.exec(target) ?? [];
  if (page === "" && anchor === "") return text;
  const command = `weft help ${page === "" ? name : page}${anchor === "" ? ".md" : anchor}`;
  return text.endsWith(".md") ? command : `${text} (${command})`;
}
