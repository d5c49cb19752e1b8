/** Foreign text in messages of one line: nothing in it may break the line, hide, or turn the reading direction. */
import { unitEscape } from "./terminal.ts";

/**
 * A value in JSON quotes, at most `limit` characters of it, the last one `…` when it was longer. Invisible characters
 * are written as escapes, so the result parses as JSON and shows a stray blank or a bidi mark.
 */
export function quoted(text: string, limit = 60): string {
  // A character has at most two units, so what is behind these need not be looked at.
  const characters = Array.from(text.slice(0, 2 * limit + 2));
  const shown = characters.length > limit ? `${characters.slice(0, limit - 1).join("")}…` : text;
  return `"${oneLine(shown.replaceAll(/["\\]/g, String.raw`\$&`))}"`;
}

/** The text with line breaks, control and other invisible characters as escapes. Quotes and backslashes stay. */
export const oneLine = (text: string): string => text.replaceAll(INVISIBLE, escaped);

/**
 * Everything without a look of its own except the plain blank: control and format characters, lone surrogates,
 * private and unassigned ones, line separators, other blanks, fillers (Unicode's Default_Ignorable), Braille blank.
 */
const INVISIBLE = /[\p{C}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Z}/gu;

const shortEscapes: ReadonlyMap<string, string> = new Map([
  ["\n", String.raw`\n`],
  ["\r", String.raw`\r`],
  ["\t", String.raw`\t`],
]);

const escaped = (character: string): string =>
  shortEscapes.get(character) ??
  Array.from({ length: character.length }, (_, index) => unitEscape(character.charCodeAt(index))).join("");
