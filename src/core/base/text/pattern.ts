/**
 * Regular expressions as Rust's crate regex reads them, by which proxies match paths and headers: which of them it takes,
 * so that no proxy is told one that it cannot use. Of its syntax, what people write: neither look-around nor
 * back-references, which it has none of, nor `&&` and classes in classes, which hardly anybody knows.
 */

/** Why it is not taken, such as `there is nothing to repeat at 1`; undefined: it is. */
export function patternFault(text: string): string | undefined {
  if (text.length > longestPattern) return `it has more than ${longestPattern} characters`;
  try {
    return patternBytes(text) > largestPattern ? "it is too large when it is compiled" : undefined;
  } catch (error) {
    if (error instanceof Fault) return `${error.message} at ${error.at + 1}`;
    throw error;
  }
}

/** What one that is taken holds in each proxy, at most. */
export function patternBytes(text: string): number {
  const reader: Reader = { text, at: 0, depth: 0, again: 0, names: new Set() };
  const size = alternatives(reader, { ignoresCase: false });
  if (reader.at < text.length) throw new Fault("a group is closed that was not opened", reader.at);
  return size;
}

export const longestPattern = 4_096;

/** Bytes, by the measure below. The crate itself compiles up to 10 MiB. */
export const largestPattern = 4 * 1_048_576;
/** The crate counts 250 levels: of a group up to four, and one for each repetition of a repetition. */
const deepest = 50;
const mostAgain = 20;

class Fault extends Error {
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

interface Reader {
  readonly text: string;
  at: number;
  depth: number;
  /** Repetitions of repetitions so far. */
  again: number;
  readonly names: Set<string>;
}

interface Flags {
  readonly ignoresCase: boolean;
}

/** About so many bytes of what is compiled, and half as much again: measured with version 1.13 of the crate. */
const sizes = {
  /** Also of what is empty: a repetition takes time for it. */
  least: 48,
  literal: { ascii: 48, ascii_i: 360, other: 192, other_i: 360 },
  range: { ascii: 110, other: 1_500 },
  any: 1_600,
  perl: { d: 8_000, D: 20_000, s: 1_200, S: 3_000, w: 75_000, W: 75_000 } as Readonly<Record<string, number>>,
  category: 66_000,
};

/** Up to the end, or the bracket that closes the group. Its size. */
function alternatives(reader: Reader, given: Flags): number {
  let [size, flags] = [0, given];
  for (;;) {
    const [branch, after] = sequence(reader, flags);
    size += branch + sizes.least;
    // Flags that are set in one branch hold in the next ones, too.
    flags = after;
    if (reader.text[reader.at] !== "|") return size;
    reader.at += 1;
  }
}

function sequence(reader: Reader, given: Flags): readonly [size: number, flags: Flags] {
  let [size, flags] = [0, given];
  while (reader.at < reader.text.length && !"|)".includes(reader.text[reader.at] ?? "")) {
    const set = flagsIn(reader, flags);
    if (set === undefined) size += repeated(reader, atom(reader, flags));
    else {
      flags = set;
      if ("*+?{".includes(reader.text[reader.at] ?? " ")) throw new Fault("there is nothing to repeat", reader.at);
    }
  }
  return [size, flags];
}

/** `(?i)`; undefined: nothing of that kind stands there. */
function flagsIn(reader: Reader, flags: Flags): Flags | undefined {
  if (!reader.text.startsWith("(?", reader.at)) return undefined;
  const found = matched(reader, /\(\?([imsU]*(?:-[imsU]+)?)\)/y);
  return found === undefined ? undefined : flagged(flags, found, reader.at);
}

function flagged(flags: Flags, text: string, at: number): Flags {
  const letters = text.replace("-", "");
  if (letters === "" || new Set(letters).size < letters.length) throw new Fault("flags must be some, each once", at);
  const [on = "", off = ""] = text.split("-");
  return { ignoresCase: !off.includes("i") && (on.includes("i") || flags.ignoresCase) };
}

function atom(reader: Reader, flags: Flags): number {
  const { text, at } = reader;
  const character = characterAt(text, at);
  if ("*+?{".includes(character)) throw new Fault("there is nothing to repeat", at);
  if (character === "(") return group(reader, flags);
  if (character === "[") return characterClass(reader, flags);
  if (character === "\\") return escaped(reader, flags);
  reader.at += character.length;
  if (character === ".") return sizes.any;
  return literal(character, flags);
}

function literal(character: string, { ignoresCase }: Flags): number {
  const { literal } = sizes;
  const isAscii = character < "\u0080";
  return isAscii ? (ignoresCase ? literal.ascii_i : literal.ascii) : ignoresCase ? literal.other_i : literal.other;
}

function group(reader: Reader, given: Flags): number {
  const from = reader.at;
  const name = matched(reader, /\(\?P?<([A-Za-z_][A-Za-z0-9_]*)>/y);
  if (name !== undefined) {
    if (reader.names.has(name)) throw new Fault("two groups have the same name", from);
    reader.names.add(name);
  }
  const flags = name === undefined ? matched(reader, /\(\?([imsU]*(?:-[imsU]+)?):/y) : undefined;
  if (name === undefined && flags === undefined) {
    if (reader.text[reader.at + 1] === "?") throw new Fault("a group of that kind is unknown", from);
    reader.at += 1;
  }
  reader.depth += 1;
  if (reader.depth > deepest) throw new Fault("groups are nested too deep", from);
  const size = alternatives(reader, flags === undefined || flags === "" ? given : flagged(given, flags, from));
  if (reader.text[reader.at] !== ")") throw new Fault("a group is not closed", from);
  reader.at += 1;
  reader.depth -= 1;
  return size + sizes.least;
}

/** `*`, `+?`, `{2,3}`, several behind one another. */
function repeated(reader: Reader, size: number): number {
  for (let isFirst = true; ; isFirst = false) {
    const from = reader.at;
    // Most of a pattern is not repeated, and an object has place for a million characters of patterns.
    if (!"*+?{".includes(reader.text[from] ?? " ")) return size;
    if (!isFirst) reader.again += 1;
    if (reader.again > mostAgain) throw new Fault("what is repeated is repeated too often", from);
    if (matched(reader, /([*+?])\??/y) !== undefined) {
      size += 2 * sizes.least;
      continue;
    }
    const counts = matched(reader, /\{([0-9]{1,9}(?:,[0-9]{0,9})?)\}\??/y);
    if (counts === undefined) throw new Fault("a repetition must be {n}, {n,} or {n,m}", from);
    const [least = "", most] = counts.split(",");
    if (most !== undefined && most !== "" && Number(most) < Number(least))
      throw new Fault("a repetition must not be from more to less", from);
    const times = most === "" ? Number(least) + 1 : Number(most ?? least);
    size = (size + 2 * sizes.least) * Math.max(1, times);
  }
}

/** Of what is outside of a class. */
function escaped(reader: Reader, flags: Flags): number {
  if (matched(reader, /\\([bB](?!\{)|[Az])/y) !== undefined) return sizes.least;
  return classEscape(reader) ?? literal(escapedCharacter(reader), flags);
}

/** `\d`, `\pL`, `\p{Lu}` */
function classEscape(reader: Reader): number | undefined {
  if (reader.text[reader.at] !== "\\" || !"dDsSwWpP".includes(reader.text[reader.at + 1] ?? " ")) return undefined;
  const perl = matched(reader, /\\([dDsSwW])/y);
  if (perl !== undefined) return sizes.perl[perl];
  const category = /\\([pP](?:[LMNPSZC]|\{(?:L[ultmo]?|M[nce]?|N[dlo]?|P[cdseifo]?|S[mcko]?|Z[slp]?|C|Cc|Cf|Co)\}))/y;
  return matched(reader, category) === undefined ? undefined : sizes.category;
}

/** A character that stands for itself behind a backslash, or is named by its number. */
function escapedCharacter(reader: Reader): string {
  const from = reader.at;
  const plain = matched(reader, /\\([!-/:;=?@[-`{-~ tnrfva])/y);
  if (plain !== undefined) return plain;
  const hex =
    matched(reader, /\\(?:x|u|U)\{([0-9A-Fa-f]{1,6})\}/y) ??
    matched(reader, /\\x([0-9A-Fa-f]{2})/y) ??
    matched(reader, /\\u([0-9A-Fa-f]{4})/y) ??
    matched(reader, /\\U([0-9A-Fa-f]{8})/y);
  const code = Number.parseInt(hex ?? "", 16);
  if (Number.isNaN(code)) throw new Fault("a backslash must not stand there", from);
  if (code > 0x10_ff_ff || (code >= 0xd8_00 && code < 0xe0_00)) throw new Fault("there is no such character", from);
  return String.fromCodePoint(code);
}

/** `[a-z]`, `[^/]`, `[\w.-]` */
function characterClass(reader: Reader, flags: Flags): number {
  const from = reader.at;
  const { text } = reader;
  const isNegated = text[from + 1] === "^";
  reader.at += isNegated ? 2 : 1;
  let size = isNegated ? sizes.any : sizes.least;
  for (let isFirst = true; ; isFirst = false) {
    const character = characterAt(text, reader.at);
    if (character === "") throw new Fault("a class is not closed", from);
    if (character === "]" && !isFirst) break;
    size += classItem(reader, isFirst, flags);
  }
  reader.at += 1;
  return size;
}

function classItem(reader: Reader, isFirst: boolean, { ignoresCase }: Flags): number {
  const { text, at } = reader;
  const set = classEscape(reader);
  if (set !== undefined) {
    const next = characterAt(text, reader.at);
    if (next === "-" && characterAt(text, reader.at + 1) !== "]")
      throw new Fault("a range must be from one character to another", at);
    return set;
  }
  const low = classCharacter(reader, isFirst);
  if (text[reader.at] !== "-" || text[reader.at + 1] === "]") return rangeSize(low, ignoresCase);
  reader.at += 1;
  const high = classCharacter(reader, false);
  if ((low.codePointAt(0) ?? 0) > (high.codePointAt(0) ?? 0))
    throw new Fault("a range must not be from a later to an earlier character", at);
  return rangeSize(high, ignoresCase);
}

const rangeSize = (high: string, ignoresCase: boolean): number =>
  (high < "\u0080" ? sizes.range.ascii : sizes.range.other) * (ignoresCase ? 4 : 1);

function classCharacter(reader: Reader, isFirst: boolean): string {
  const { text, at } = reader;
  const character = characterAt(text, at);
  if (character === "\\") return escapedCharacter(reader);
  if (character === "") throw new Fault("a class is not closed", at);
  if (character === "[" || (character === "]" && !isFirst)) throw new Fault(`${character} must stand behind \\`, at);
  if ("&-~".includes(character) && text[at + 1] === character)
    throw new Fault(`${character} must not stand twice in a class`, at);
  reader.at += character.length;
  return character;
}

const characterAt = (text: string, at: number): string => {
  const code = text.codePointAt(at);
  if (code !== undefined && code >= 0xd8_00 && code < 0xe0_00) throw new Fault("there is no such character", at);
  return code === undefined ? "" : String.fromCodePoint(code);
};

/** What stands in the brackets of an expression that matches here, which is read then. */
function matched(reader: Reader, expression: RegExp): string | undefined {
  expression.lastIndex = reader.at;
  const found = expression.exec(reader.text);
  if (found === null) return undefined;
  reader.at += found[0].length;
  return found[1];
}
