/** Several JSON values in one text, one a line or run together. */

/**
 * The texts of the values, in order. Where a value ends is found by its brackets; what is no value stays as one piece
 * to the end of its line, so that its reader can say what is wrong with it.
 */
export function splitJson(text: string): readonly string[] {
  const pieces: string[] = [];
  let at = 0;
  for (;;) {
    while (at < text.length && isSpace(text.charCodeAt(at))) at += 1;
    if (at >= text.length) return pieces;
    const end = pieceEnd(text, at);
    pieces.push(text.slice(at, end));
    at = end;
  }
}

/** One line is one value, or the value runs to its closing bracket over several lines, or the line is no value. */
function pieceEnd(text: string, from: number): number {
  const line = lineEnd(text, from);
  if (text[from] !== "{" && text[from] !== "[") return line;
  const closed = valueEnd(text, from);
  // A line that lacks a bracket or a quote must not take the next ones with it.
  return closed <= line || isJson(text.slice(from, closed)) ? closed : line;
}

/** Is this one JSON value, as a whole? */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const isSpace = (code: number): boolean =>
  code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09 || code === 0xfeff;

function lineEnd(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end === -1 ? text.length : end;
}

/** After the bracket that closes the one at `from`. A value that is never closed ends with its first line. */
function valueEnd(text: string, from: number): number {
  let depth = 0;
  let inText = false;
  for (let at = from; at < text.length; at += 1) {
    const char = text[at];
    if (inText) {
      if (char === "\\") at += 1;
      else if (char === '"') inText = false;
    } else if (char === '"') inText = true;
    else if (char === "{" || char === "[") depth += 1;
    else if (char === "}" || char === "]") {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return lineEnd(text, from);
}
