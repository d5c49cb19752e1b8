/**
 * Arguments as Linkerd's users write them, put into the form that commander reads: global flags before the command,
 * `--flag=true`, `-o=json`. Unknown flags are told here, with what was probably meant.
 */
import type { Command, Option } from "commander";
import { parseBool } from "../core/base/scalars/booleans.ts";
import { quoted } from "../core/base/text/quote.ts";
import { closest } from "../core/base/text/similar.ts";
import { usageFailure } from "./io.ts";

export interface CommandLine {
  /** The first word that is no flag. */
  readonly command: string | undefined;
  /** Everything else, with the flags that stood before the command. */
  readonly rest: readonly string[];
}

/** Flags with a value that may stand before the command. */
const globalFlags = new Set([
  "--linkerd-namespace",
  "-L",
  "--control-plane-namespace",
  "--kubeconfig",
  "--context",
  "--namespace",
  "-n",
]);

/** Linkerd's extension, whose commands are weft's own: `viz edges` is `edges`. */
const extension = "viz";

export function commandLine(argv: readonly string[]): CommandLine {
  const index = argv.findIndex((word, position) => !word.startsWith("-") && !globalFlags.has(argv[position - 1] ?? ""));
  const command = argv[index];
  if (command === extension) return commandLine(argv.toSpliced(index, 1));
  return { command, rest: command === undefined ? argv : argv.toSpliced(index, 1) };
}

/** The words as commander takes them. Adds a hidden `--no-x` for each flag `--x` that is true or false. */
export function normalised(
  words: readonly string[],
  command: Command,
  newOption: (flags: string) => Option,
): readonly string[] {
  for (const option of command.options.filter((each) => each.isBoolean() && !each.negate)) {
    const opposite = `--no-${option.name()}`;
    if (!command.options.some((each) => each.long === opposite)) command.addOption(newOption(opposite).hideHelp());
  }
  const end = words.includes("--") ? words.indexOf("--") : words.length;
  const known: readonly Option[] = [...command.options, newOption("-h, --help")];
  const out: string[] = [];
  for (let index = 0; index < end; index += 1) {
    const word = words[index] ?? "";
    const [, flag = "", value] = /^(--[^=]+|-[^-=])(?:=(.*))?$/s.exec(word) ?? [];
    const option = known.find(({ long, short }) => flag !== "" && (long === flag || short === flag));
    if (option === undefined) {
      const isShort = known.some(({ short }) => short !== undefined && word.startsWith(short));
      if (/^-./.test(word) && !isShort) throw usageFailure(unknownFlag(flag === "" ? word : flag, known));
      out.push(word);
    } else if (option.required) {
      const next = value ?? words[(index += 1)];
      // A value may begin with a dash: -1 is a group id.
      if (next === undefined || (value === undefined && index >= end)) throw usageFailure(`flag ${flag} needs a value`);
      out.push(option.long === undefined ? flag : option.long, next);
    } else {
      out.push(value === undefined ? flag : withTruth(option, flag, value));
    }
  }
  return [...out, ...words.slice(end)];
}

function withTruth(option: Option, flag: string, text: string): string {
  const value = parseBool(text);
  if (value === undefined) throw usageFailure(`flag ${flag} takes true or false, not ${quoted(text)}`);
  return value === !option.negate ? `--${option.name()}` : `--no-${option.name()}`;
}

function unknownFlag(flag: string, known: readonly Option[]): string {
  const names = known.flatMap(({ long, hidden }) => (long === undefined || hidden ? [] : [long]));
  return unknown("flag", flag, closest(flag, names));
}

export const unknown = (what: string, word: string, meant: string | undefined): string =>
  `unknown ${what} ${word}${meant === undefined ? "" : `; did you mean ${meant}?`}`;
