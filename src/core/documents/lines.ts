/** Lines of a text, and the comments on them. Lines end as in YAML 1.1; the text ends with a line end. */
import { isBreak } from "./cursor.ts";

/** Where the line of that place begins; a byte order mark belongs to no line. */
export function lineStart(text: string, offset: number): number {
  let start = offset;
  while (start > 0 && !endsLine(text, start - 1)) start -= 1;
  return start === 0 && text.startsWith("\uFEFF") ? 1 : start;
}

/** Where the next line begins. */
export function nextLine(text: string, offset: number): number {
  let end = offset;
  while (end < text.length && !endsLine(text, end)) end += 1;
  return Math.min(end + 1, text.length);
}

/** Whether a line ends behind this character. */
const endsLine = (text: string, offset: number): boolean =>
  isBreak(text.charCodeAt(offset)) && !text.startsWith("\r\n", offset) && !text.startsWith("\r\r\n", offset);

/** Whether a text has more than one line. */
export const isBroken = (text: string): boolean => /[\n\r\u0085\u2028\u2029]/.test(text);

/** Whether there is nothing but blanks and line ends. */
export const isWhite = (text: string): boolean => /^[ \t\n\r\u0085\u2028\u2029]*$/.test(text);

/** Zero-based. */
export const columnOf = (text: string, offset: number): number => offset - lineStart(text, offset);

/** Whether nothing but spaces stands before the place on its line. */
export const isFirstOnLine = (text: string, offset: number): boolean =>
  /^[ \t]*$/.test(text.slice(lineStart(text, offset), offset));

/**
 * The end of what ends at `end`: its line with a comment after it, and the comment lines below that are indented deeper
 * than `column`. A comment at that column or left of it belongs to what comes next. An empty line with a tab can only
 * stand where text without quotes could have gone on, and stays with it.
 */
export function tailEnd(text: string, end: number, column: number): number {
  let tail = nextLine(text, end);
  for (let line = tail; line < text.length; line = nextLine(text, line)) {
    const content = text.slice(line, nextLine(text, line));
    const comment = commentColumn(text, line);
    if (comment === undefined ? !isWhite(content) : comment <= column) break;
    if (comment !== undefined || content.includes("\t")) tail = nextLine(text, line);
  }
  return tail;
}

/** Where the comment lines begin that stand directly above the place, at its column; the place itself without any. */
export function headStart(text: string, start: number): number {
  const column = columnOf(text, start);
  let head = start;
  while (isFirstOnLine(text, head)) {
    const line = lineStart(text, head);
    const above = line <= 1 ? undefined : lineStart(text, line - 1);
    if (above === undefined || commentColumn(text, above) !== column) break;
    head = above + column;
  }
  return head;
}

export const isCommentLine = (text: string, line: number): boolean => commentColumn(text, line) !== undefined;

function commentColumn(text: string, line: number): number | undefined {
  const comment = /^[ \t]*(?=#)/.exec(text.slice(line, nextLine(text, line)));
  return comment?.[0].length;
}
