/** Lines of a text, and the comments on them. The text ends with a newline. */

/** Where the line of that place begins; a byte order mark belongs to no line. */
export function lineStart(text: string, offset: number): number {
  const start = text.lastIndexOf("\n", offset - 1) + 1;
  return start === 0 && text.startsWith("\uFEFF") ? 1 : start;
}

/** Where the next line begins. */
export function nextLine(text: string, offset: number): number {
  const newline = text.indexOf("\n", offset);
  return newline === -1 ? text.length : newline + 1;
}

/** Zero-based. */
export const columnOf = (text: string, offset: number): number => offset - lineStart(text, offset);

/** Whether nothing but spaces stands before the place on its line. */
export const isFirstOnLine = (text: string, offset: number): boolean =>
  /^[ \t]*$/.test(text.slice(lineStart(text, offset), offset));

/**
 * The end of what ends at `end`: its line with a comment after it, and the comment lines below that are indented deeper
 * than `column`. A comment at that column or left of it belongs to what comes next.
 */
export function tailEnd(text: string, end: number, column: number): number {
  let tail = nextLine(text, end);
  for (let line = tail; line < text.length; line = nextLine(text, line)) {
    const comment = commentColumn(text, line);
    if (comment === undefined && !isBlank(text, line)) break;
    if (comment !== undefined && comment <= column) break;
    if (comment !== undefined) tail = nextLine(text, line);
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

function commentColumn(text: string, line: number): number | undefined {
  const comment = /^[ \t]*(?=#)/.exec(text.slice(line, nextLine(text, line)));
  return comment?.[0].length;
}

const isBlank = (text: string, line: number): boolean => text.slice(line, nextLine(text, line)).trim() === "";
