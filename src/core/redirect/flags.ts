/** Command lines as Go's pflag reads them: which flags got which texts, and what else stands there. */
import type { Issue } from "../base/text/issue.ts";
import { quoted } from "../base/text/quote.ts";
import { closest } from "../base/text/similar.ts";

export interface Flag {
  readonly name: string;
  /** One letter. */
  readonly short?: string;
  /** Takes a value only with `=`; `true` without. */
  readonly isSwitch?: boolean;
}

export interface Given {
  /** By flag name: every text it got, in order. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  /** What is neither a flag nor its value. */
  readonly rest: readonly string[];
  readonly issues: readonly Issue[];
}

/** `--name value`, `--name=value`, `-n value`, `-n=value`, `-nvalue`, joined switches; `--` ends the flags. */
export function readFlags(args: readonly string[], flags: readonly Flag[]): Given {
  const values = new Map<string, readonly string[]>();
  const rest: string[] = [];
  const issues: Issue[] = [];
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] ?? "";
    const next = args[at + 1];
    if (arg === "--") {
      rest.push(...args.slice(at + 1));
      break;
    }
    if (!arg.startsWith("-") || arg === "-") {
      rest.push(arg);
      continue;
    }
    for (const piece of arg.startsWith("--") ? [long(arg, next, flags)] : letters(arg, next, flags)) {
      if ("message" in piece) issues.push(piece);
      else values.set(piece.flag.name, [...(values.get(piece.flag.name) ?? []), piece.text]);
      if ("tookNext" in piece && piece.tookNext) at += 1;
    }
  }
  return { values, rest, issues };
}

type Piece = Issue | { readonly flag: Flag; readonly text: string; readonly tookNext: boolean };

function long(arg: string, next: string | undefined, flags: readonly Flag[]): Piece {
  const [, name = "", text] = /^--([^=]*)(?:=([^]*))?$/.exec(arg) ?? [];
  if (name === "" || name.startsWith("-")) return { at: quoted(arg), message: "is not a flag" };
  const flag = flags.find((flag) => flag.name === name);
  if (flag !== undefined) return valued(flag, `--${name}`, text, next);
  const meant = closest(
    name,
    flags.map((flag) => flag.name),
  );
  return { at: `--${name}`, message: `unknown flag${meant === undefined ? "" : `, did you mean --${meant}?`}` };
}

/** Letters behind one dash: switches, until one takes what is left, or the next argument, as its value. */
function letters(arg: string, next: string | undefined, flags: readonly Flag[]): readonly Piece[] {
  const pieces: Piece[] = [];
  for (let left = arg.slice(1); left !== ""; left = left.slice(1)) {
    const letter = left.charAt(0);
    const flag = flags.find(({ short }) => short === letter);
    if (flag === undefined) return [...pieces, { at: quoted(arg), message: `has no flag -${letter}` }];
    // pflag takes the "=" away only when something stands behind it: `-p=` gives "=".
    const text = left.length > 2 && left.charAt(1) === "=" ? left.slice(2) : undefined;
    if (text !== undefined) return [...pieces, { flag, text, tookNext: false }];
    if (flag.isSwitch !== true) return [...pieces, valued(flag, `-${letter}`, left.slice(1) || undefined, next)];
    pieces.push({ flag, text: "true", tookNext: false });
  }
  return pieces;
}

function valued(flag: Flag, shown: string, text: string | undefined, next: string | undefined): Piece {
  if (text !== undefined) return { flag, text, tookNext: false };
  if (flag.isSwitch === true) return { flag, text: "true", tookNext: false };
  return next === undefined ? { at: shown, message: "needs a value" } : { flag, text: next, tookNext: true };
}
