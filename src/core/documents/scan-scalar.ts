/**
 * Scalars as Go's reader scans them (go.yaml.in/yaml/v2, which follows libyaml): each function begins at the scalar's
 * first character and ends behind its last one.
 */
import { type Cursor, isBlank, isBreak, isBreakOrEnd, isGap, Mistake } from "./cursor.ts";

export interface Scanned {
  readonly value: string;
  readonly end: number;
}

/** `|` and `>`; `outer` is the column of the collection that holds it, -1 for none. Ends before its last line's end. */
export function scanBlock(cursor: Cursor, outer: number): Scanned {
  const { start, literal, chomping, given } = blockHeader(cursor);
  const header = cursor.at;
  if (isBreak(cursor.code())) cursor.takeBreak();
  let gap = blankLines(cursor, start, given === undefined ? undefined : Math.max(outer, 0) + given);
  const column = given === undefined ? Math.max(gap.column, outer + 1, 1) : gap.column;
  const lines: BlockLine[] = [];
  while (cursor.column === column && !Number.isNaN(cursor.code())) {
    const from = cursor.at;
    while (!isBreakOrEnd(cursor.code())) cursor.at += 1;
    const end = cursor.at;
    const newline = isBreak(cursor.code()) ? cursor.takeBreak() : "";
    lines.push({ above: gap.breaks, text: cursor.text.slice(from, end), newline, end });
    gap = blankLines(cursor, start, column);
  }
  const last = lines.at(-1);
  const tail = (chomping === "-" ? "" : (last?.newline ?? "")) + (chomping === "+" ? gap.breaks : "");
  return {
    value: lines.map((line, index) => joined(line, lines[index - 1], literal)).join("") + tail,
    end: (chomping === "+" ? gap.end : undefined) ?? last?.end ?? header,
  };
}

interface BlockLine {
  /** Line ends of the empty lines above. */
  readonly above: string;
  readonly text: string;
  readonly newline: string;
  readonly end: number;
}

/** A line with what stands between it and the line before. */
function joined({ above, text }: BlockLine, before: BlockLine | undefined, literal: boolean): string {
  if (!before) return above + text;
  const folds = !literal && before.newline === "\n" && !startsBlank(before.text) && !startsBlank(text);
  if (folds) return (above === "" ? " " : above) + text;
  return before.newline + above + text;
}

const startsBlank = (text: string): boolean => isBlank(text.charCodeAt(0));

function blockHeader(cursor: Cursor) {
  const start = cursor.at;
  const [, style = "", before = "", digit = "", after = ""] =
    /^([|>])([-+]?)([0-9]?)([-+]?)/.exec(cursor.text.slice(start, start + 4)) ?? [];
  // One sign, on either side of the digit.
  const words = before === "" ? digit + after : before + digit;
  if (digit === "0") throw new Mistake(start + 1, "an indentation of 0 cannot be given to a block of text");
  cursor.at += style.length + words.length;
  cursor.skipBlanks();
  cursor.skipComment();
  if (!isBreakOrEnd(cursor.code())) {
    throw new Mistake(cursor.at, `only a comment may follow "${style}${words}" on its line`);
  }
  const chomping = before === "" ? after : before;
  return { start, literal: style === "|", chomping, given: digit === "" ? undefined : Number(digit) };
}

/**
 * Over empty lines and the indentation of the next one. Without a known column the widest indentation is the column.
 * `end`: where the last of the empty lines ends.
 */
function blankLines(cursor: Cursor, start: number, known: number | undefined) {
  const most = known ?? Number.POSITIVE_INFINITY;
  let widest = known ?? 0;
  let breaks = "";
  let end: number | undefined;
  for (;;) {
    while (cursor.column < most && cursor.is(" ")) cursor.at += 1;
    if (known === undefined) widest = Math.max(widest, cursor.column);
    if (cursor.column < most && cursor.is("\t")) {
      const sign = cursor.text[start] ?? "";
      throw new Mistake(cursor.at, `a tab stands in the indentation of the text that "${sign}" begins; use spaces`);
    }
    if (!isBreak(cursor.code())) return { column: widest, breaks, end };
    end = cursor.at;
    breaks += cursor.takeBreak();
  }
}

/** Text in quotes. */
export function scanQuoted(cursor: Cursor): Scanned {
  const start = cursor.at;
  const quote = cursor.text[start] ?? "";
  cursor.at += 1;
  const parts: string[] = [];
  for (;;) {
    if (cursor.isMarker("---") || cursor.isMarker("...")) {
      throw new Mistake(start, `the text in quotes that begins here is not closed before the next "---" or "..."`);
    }
    if (Number.isNaN(cursor.code())) throw new Mistake(start, "the text in quotes that begins here is not closed");
    const continued = quotedWords(cursor, quote, parts);
    if (cursor.is(quote)) break;
    parts.push(folded(cursor, continued).text);
  }
  cursor.at += 1;
  return { value: parts.join(""), end: cursor.at };
}

/** Up to white space or the closing quote; whether a backslash at the end of a line was met. */
function quotedWords(cursor: Cursor, quote: string, parts: string[]): boolean {
  while (!isGap(cursor.code())) {
    if (cursor.is(quote)) {
      if (quote === '"' || !cursor.is("'", 1)) return false;
      parts.push("'");
      cursor.at += 2;
    } else if (quote === '"' && cursor.is("\\")) {
      if (isBreak(cursor.code(1))) {
        cursor.at += 1;
        cursor.takeBreak();
        return true;
      }
      parts.push(escaped(cursor));
    } else {
      const from = cursor.at;
      do cursor.at += 1;
      while (!isGap(cursor.code()) && !cursor.is(quote) && !cursor.is("\\"));
      parts.push(cursor.text.slice(from, cursor.at));
    }
  }
  return false;
}

/**
 * Text without quotes; `outer` as for `scanBlock`. Ends behind its last character; `broken`: the cursor has gone on to
 * another line.
 */
export function scanPlain(cursor: Cursor, outer: number, inFlow: boolean): Scanned & { readonly broken: boolean } {
  const { text } = cursor;
  let value = "";
  let end = cursor.at;
  let gap = { text: "", broken: false };
  for (;;) {
    if (cursor.isMarker("---") || cursor.isMarker("...") || cursor.is("#")) break;
    const from = cursor.at;
    cursor.at = plainEnd(text, from, inFlow);
    if (cursor.at > from) {
      value += gap.text + text.slice(from, cursor.at);
      end = cursor.at;
      gap = { text: "", broken: false };
    }
    if (!isBlank(cursor.code()) && !isBreak(cursor.code())) break;
    gap = folded(cursor, false, outer + 1);
    if (!inFlow && cursor.column <= outer) break;
  }
  return { value, end, broken: gap.broken };
}

/** Where white space begins, or what text without quotes cannot have in it. */
function plainEnd(text: string, from: number, inFlow: boolean): number {
  for (let at = from; ; at += 1) {
    const code = text.charCodeAt(at);
    if (isGap(code) || (code === colon && isGap(text.charCodeAt(at + 1)))) return at;
    if (inFlow && ",?[]{}".includes(text.charAt(at))) return at;
  }
}

const colon = 0x3a;

/**
 * White space inside text: blanks as they are, or a line end that becomes a space, or as many as there are beyond it.
 * `continued`: a line end came before. No tab may stand left of the column `indent`.
 */
function folded(cursor: Cursor, continued: boolean, indent = 0): { readonly text: string; readonly broken: boolean } {
  let blanks = "";
  let first = "";
  let others = "";
  let broken = continued;
  while (isBlank(cursor.code()) || isBreak(cursor.code())) {
    if (isBlank(cursor.code())) {
      if (!broken) blanks += cursor.text[cursor.at] ?? "";
      else if (cursor.is("\t") && cursor.column < indent) {
        throw new Mistake(cursor.at, "a tab stands where the indentation of the text above goes on; use spaces");
      }
      cursor.at += 1;
    } else if (broken) others += cursor.takeBreak();
    else {
      first = cursor.takeBreak();
      broken = true;
    }
  }
  if (!broken) return { text: blanks, broken };
  const spaced = first === "\n" && others === "" ? " " : others;
  return { text: first === "\n" ? spaced : first + others, broken };
}

/** Text in quotes as JSON has it: any character but a line end may stand in it. */
export function scanJsonText(cursor: Cursor): Scanned {
  const value: unknown = JSON.parse(cursor.take(/"[^"\\]*(?:\\.[^"\\]*)*"/sy));
  return { value: typeof value === "string" ? value.toWellFormed() : "", end: cursor.at };
}

function escaped(cursor: Cursor): string {
  const letter = cursor.text[cursor.at + 1] ?? "";
  const length = codeLengths.get(letter);
  if (length === undefined) {
    const simple = escapes.get(letter);
    if (simple === undefined) throw new Mistake(cursor.at, `"\\${letter}" means nothing in text in double quotes`);
    cursor.at += 2;
    return simple;
  }
  const digits = cursor.text.slice(cursor.at + 2, cursor.at + 2 + length);
  const code = /^[0-9a-fA-F]+$/.test(digits) && digits.length === length ? Number.parseInt(digits, 16) : Number.NaN;
  if (!(code <= 0x10_ff_ff) || (code >= 0xd8_00 && code <= 0xdf_ff)) {
    throw new Mistake(cursor.at, `"\\${letter}" needs ${length} hexadecimal digits of a character`);
  }
  cursor.at += 2 + length;
  return String.fromCodePoint(code);
}

const codeLengths: ReadonlyMap<string, number> = new Map([
  ["x", 2],
  ["u", 4],
  ["U", 8],
]);

const escapes: ReadonlyMap<string, string> = new Map([
  ["0", "\0"],
  ["a", "\u0007"],
  ["b", "\b"],
  ["t", "\t"],
  ["\t", "\t"],
  ["n", "\n"],
  ["v", "\v"],
  ["f", "\f"],
  ["r", "\r"],
  ["e", "\u001B"],
  [" ", " "],
  ['"', '"'],
  ["'", "'"],
  ["\\", "\\"],
  ["N", "\u0085"],
  ["_", "\u00A0"],
  ["L", "\u2028"],
  ["P", "\u2029"],
]);
