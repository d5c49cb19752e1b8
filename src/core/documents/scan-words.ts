/** Directives, anchors, aliases and tags as Go's reader scans them. */
import { type Cursor, isBreak, isBreakOrEnd, isGap, Mistake } from "./cursor.ts";

/** The name of `&name` or `*name`. */
export function scanName(cursor: Cursor): string {
  const start = cursor.at;
  const sign = cursor.text[start] ?? "";
  cursor.at += 1;
  const name = cursor.take(/[0-9A-Za-z_-]*/y);
  if (name === "" || !(isGap(cursor.code()) || "?:,]}%@`".includes(cursor.text[cursor.at] ?? ""))) {
    throw new Mistake(start, `letters, digits, "-" and "_" make the name after "${sign}"; other text needs quotes`);
  }
  return name;
}

export interface ScannedTag {
  /** `!`, `!!`, or another one that a directive explains; empty for a tag that is complete. */
  readonly handle: string;
  readonly suffix: string;
}

export function scanTag(cursor: Cursor): ScannedTag {
  const start = cursor.at;
  const tag = cursor.is("<", 1) ? wholeTag(cursor, start) : shortTag(cursor, start);
  if (!isGap(cursor.code())) throw new Mistake(start, 'a tag that "!" begins ends at a space; other text needs quotes');
  return tag;
}

function wholeTag(cursor: Cursor, start: number): ScannedTag {
  cursor.at += 2;
  const suffix = scanAddress(cursor, start, false);
  if (!cursor.is(">")) throw new Mistake(start, 'a tag that "!<" begins ends with ">"');
  cursor.at += 1;
  return { handle: "", suffix };
}

function shortTag(cursor: Cursor, start: number): ScannedTag {
  const handle = cursor.take(/![0-9A-Za-z_-]*!?/y);
  if (handle.length > 1 && handle.endsWith("!")) return { handle, suffix: scanAddress(cursor, start, false) };
  const suffix = handle.slice(1) + scanAddress(cursor, start, true);
  return suffix === "" ? { handle: "", suffix: "!" } : { handle: "!", suffix };
}

function scanAddress(cursor: Cursor, start: number, maybeEmpty: boolean): string {
  const address = cursor.take(/[0-9A-Za-z_;/?:@&=+$,.!~*'()[\]%-]*/y);
  if (address === "" && !maybeEmpty) throw new Mistake(start, "a tag needs a name");
  try {
    return decodeURIComponent(address);
  } catch {
    throw new Mistake(start, '"%" in a tag needs two hexadecimal digits of a character in UTF-8');
  }
}

export type Directive =
  | { readonly kind: "version"; readonly version: string }
  | { readonly kind: "tags"; readonly handle: string; readonly prefix: string };

/** `%YAML 1.1` and `%TAG !e! address`, with the end of the line. */
export function scanDirective(cursor: Cursor): Directive {
  const start = cursor.at;
  cursor.at += 1;
  const name = cursor.take(/[0-9A-Za-z_-]*/y);
  const gap = isGap(cursor.code());
  cursor.skipBlanks();
  const directive = gap && name === "YAML" ? version(cursor) : gap && name === "TAG" ? tags(cursor, start) : undefined;
  if (directive === undefined) throw new Mistake(start, '"%" at the beginning of a line begins %YAML 1.1 or %TAG');
  cursor.skipBlanks();
  cursor.skipComment();
  if (!isBreakOrEnd(cursor.code())) throw new Mistake(cursor.at, "only a comment may follow a directive on its line");
  if (isBreak(cursor.code())) cursor.takeBreak();
  return directive;
}

function version(cursor: Cursor): Directive | undefined {
  const text = cursor.take(/[0-9]{1,2}\.[0-9]{1,2}/y);
  return text === "" ? undefined : { kind: "version", version: text.split(".").map(Number).join(".") };
}

function tags(cursor: Cursor, start: number): Directive | undefined {
  const handle = cursor.take(/!(?:[0-9A-Za-z_-]*!)?(?=[ \t])/y);
  if (handle === "") return undefined;
  cursor.skipBlanks();
  const prefix = scanAddress(cursor, start, false);
  return isGap(cursor.code()) ? { kind: "tags", handle, prefix } : undefined;
}
