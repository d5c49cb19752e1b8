/**
 * Text on its way to people. What a terminal obeys never reaches it, whoever wrote it into a name, a file or an answer:
 * a pod called `x\u001b[2J` must not clear the screen of who injects it.
 *
 * Machines get their text as it is. For people, every character that moves, hides, colours or reorders others is
 * written as an escape, but for line break and tab. Colours are weft's own: they begin with a secret of the process, and
 * become colours at the very end.
 */

/** What stands for the beginning of a colour until the text leaves; undefined: no colours. */
export type Colours = string | undefined;

/** ECMA-48: control sequence introducer. */
const csi = "\u001B[";

/** Colours where `colours` stands, anything else that controls a terminal as an escape. */
export const forPeople = (text: string, colours: Colours): string =>
  colours === undefined ? printable(text) : text.split(colours).map(printable).join(csi);

/** Line breaks and tabs stay. In JSON text the result is the same value. */
export const printable = (text: string): string =>
  controls.test(text) ? text.replaceAll(everyControl, (character) => unitEscape(character.charCodeAt(0))) : text;

/** A UTF-16 unit as JSON and YAML write it. */
export const unitEscape = (unit: number): string => String.raw`\u${unit.toString(16).padStart(4, "0")}`;

/**
 * C0 and DEL; C1, which some terminals obey in UTF-8 too; marks, embeddings, overrides and isolates of the reading
 * direction, which let a line be read as another one; line and paragraph separators; lone surrogates. Joiners and other
 * characters of no width stay: Persian, Hindi and emoji are written with them, and they do nothing to other text.
 */
const controls = /[^\P{Cc}\n\t]|[\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]|\p{Cs}/u;
const everyControl = new RegExp(controls, "gu");
