/** Text in lines of so many columns, for people. */

/** Broken at blanks; a word that is longer than a line stays whole, on a line of its own. */
export function wrapped(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/**
 * Text that was laid out already, with colours, for a terminal of so many columns: what a line has too much goes on below
 * its last column. A command stays whole, to be copied. Undefined: it is no terminal, and all stays as it is.
 */
export function folded(text: string, columns: number | undefined): string {
  if (columns === undefined) return text;
  return text
    .split("\n")
    .flatMap((line) => (shownLength(line) <= columns ? [line] : foldedLine(line, columns)))
    .join("\n");
}

// oxlint-disable-next-line no-control-regex -- what begins and ends a colour
const colour = /\u001B\[[\d;]*m/g;
const shownLength = (text: string): number => text.replaceAll(colour, "").length;

function foldedLine(line: string, columns: number): readonly string[] {
  const plain = line.replaceAll(colour, "");
  if (/^\s*(→ )?(kubectl|weft) /.test(plain)) return [line];
  const longest = Math.max(...plain.split(/ +/).map((word) => word.length));
  const indent = " ".repeat(Math.max(2, Math.min(hangingIndent(plain, columns), columns - longest)));
  const lines: string[] = [];
  let rest = line;
  while (shownLength(rest) > columns) {
    const at = breakIn(rest, columns);
    if (at === undefined) break;
    lines.push(rest.slice(0, at).trimEnd());
    rest = `${indent}${rest.slice(at).trimStart()}`;
  }
  return [...lines, rest];
}

/** Where the last column of a table's row begins, or what stands behind a mark; never so far that no room is left. */
function hangingIndent(plain: string, columns: number): number {
  const lead = /^\s*/.exec(plain)?.[0].length ?? 0;
  const gaps = [...plain.slice(lead).matchAll(/\S {2,}(?=\S)/g)].map(({ index, 0: gap }) => lead + index + gap.length);
  const column = gaps.findLast((at) => at <= columns / 2);
  if (column !== undefined) return column;
  const isMarked = /^\S /.test(plain.slice(lead));
  return Math.min(lead + (isMarked || lead === 0 ? 2 : 0), Math.floor(columns / 2));
}

/** The last blank at which the line fits, else the first one at all; none of those before a word, or behind its mark. */
function breakIn(line: string, columns: number): number | undefined {
  let last: number | undefined;
  for (const { index } of line.matchAll(/ +/g)) {
    const shown = line.slice(0, index).replaceAll(colour, "");
    if (shown.trim().length <= 1) continue;
    if (shown.length > columns) return last ?? index;
    last = index;
  }
  return last;
}
