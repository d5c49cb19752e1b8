/**
 * `weft __complete WORD…`: what may stand in the place of the last word, which may be empty. One a line with its
 * description behind a tab, and `:` with what else the shell may offer, as programs by Cobra answer their shells, and
 * kubectl its plugins (spf13/cobra, shell completions). What cannot be had is left out: whoever presses Tab wants no message.
 */
import { Command, Option } from "commander";
import { docsPages } from "../../files/docs.ts";
import { commandLine } from "../arguments.ts";
import { withClusterFlags } from "../cluster.ts";
import type { Io } from "../io.ts";
import { withControlPlaneFlag } from "../options.ts";
import { clusterWords } from "./cluster-words.ts";
import { argumentSource, flagSource } from "./sources.ts";
import type { Given, Source, Suggestion } from "./sources.ts";

/** A command as the front door has it. */
export interface Completed {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<{ readonly register: (command: Command, io: Io) => void }>;
}

/** Milliseconds. What reads a kubeconfig loads for 0.4 s; somebody who pressed Tab waits for a second. */
const answerWithin = 600;

export async function complete(
  words: readonly string[],
  commands: readonly Completed[],
  io: Io,
  within = answerWithin,
): Promise<void> {
  const typed = words.at(-1) ?? "";
  const { source, prefix } = await sourceFor(words.slice(0, -1), typed, commands, io);
  const found = await suggestionsOf(source, io, within);
  const fitting = found.filter(({ word }) => word.startsWith(prefix) && plain.test(word));
  const lines = fitting.map(({ word, description = "" }) => `${word}\t${description.replaceAll(/\s+/g, " ")}\n`);
  io.stdout(`${lines.join("")}:${source.files === true ? directives.files : directives.nothingElse}\n`);
}

/** Cobra's ShellCompDirective: Default and NoFileComp. */
const directives = { files: 0, nothingElse: 4 } as const;

/** What no shell takes for more than a word. */
const plain = /^[\w@%+=:,./-]+$/;

const helpName = "help";

interface Wanted {
  readonly source: Source;
  /** What the suggestions begin with. */
  readonly prefix: string;
}

async function sourceFor(
  before: readonly string[],
  typed: string,
  commands: readonly Completed[],
  io: Io,
): Promise<Wanted> {
  if (before.includes("--")) return { source: { files: true }, prefix: typed };
  const { command: name, rest: behind } = commandLine(before);
  const row = commands.find((each) => each.name === name);
  const whole = new Command(name);
  if (row === undefined) withGlobalFlags(whole);
  else (await row.load()).register(whole, io);
  const { command, rest } = actionOf(whole, behind);
  const given = givenIn(rest, command);
  const [, flag = "", value] = /^(--[^=]+)=(.*)$/s.exec(typed) ?? [];
  const open = given.open ?? optionNamed(command, flag);
  const prefix = value ?? typed;
  if (open !== undefined) return { source: flagSource(open, given, prefix), prefix };
  if (typed.startsWith("-")) return { source: { words: flagsOf(command) }, prefix: typed };
  if (command.commands.length > 0) return { source: { words: actionsOf(command) }, prefix: typed };
  if (row !== undefined) return { source: argumentSource(command, given, typed), prefix: typed };
  return { source: { words: await firstWords(name, commands) }, prefix: typed };
}

/** A command of several actions has them as commands, each with flags of its own. */
function actionOf(
  whole: Command,
  behind: readonly string[],
): { readonly command: Command; readonly rest: readonly string[] } {
  const { command: name, rest } = commandLine(behind);
  const action = whole.commands.find((each) => each.name() === name);
  return action === undefined ? { command: whole, rest: behind } : { command: action, rest };
}

const actionsOf = (command: Command): readonly Suggestion[] =>
  command.commands.map((each) => ({ word: each.name(), description: each.description() }));

/** What stands behind `weft`, and behind `weft help`. */
async function firstWords(name: string | undefined, commands: readonly Completed[]): Promise<readonly Suggestion[]> {
  const named = commands.map((each) => ({ word: each.name, description: each.summary }));
  if (name === undefined) return [...named, { word: helpName, description: "print the help of a command, or a page" }];
  if (name !== helpName) return [];
  return [...named, ...(await docsPages()).map((page) => ({ word: `${page.name}.md` }))];
}

const withGlobalFlags = (command: Command): Command =>
  withControlPlaneFlag(withClusterFlags(command)).option("-n, --namespace <namespace>", "namespace of the objects");

/** The words as far as they go, whether or not the command would take them. */
function givenIn(words: readonly string[], command: Command): Given {
  const values = new Map<string, string>();
  const positional: string[] = [];
  let open: Option | undefined;
  for (const word of words) {
    const [, flag = "", value = ""] = /^(--[^=]+|-[^-=])(?:=?(.*))$/s.exec(word) ?? [];
    const option = optionNamed(command, flag);
    if (open !== undefined) {
      values.set(open.attributeName(), word);
      open = undefined;
    } else if (option?.required === true && value === "") open = option;
    else if (option !== undefined) values.set(option.attributeName(), value);
    else if (!word.startsWith("-")) positional.push(word);
  }
  return { values, positional, open };
}

const optionNamed = (command: Command, flag: string): Option | undefined =>
  command.options.find(({ long, short }) => flag !== "" && (long === flag || short === flag));

const flagsOf = (command: Command): readonly Suggestion[] =>
  [...command.options.filter(({ hidden }) => !hidden), new Option("-h, --help", "print this help")].flatMap(
    ({ long, short, description }) =>
      [long, short].flatMap((word) => (typeof word === "string" ? [{ word, description }] : [])),
  );

async function suggestionsOf({ words = [], asked }: Source, io: Io, within: number): Promise<readonly Suggestion[]> {
  return asked === undefined ? words : [...words, ...(await clusterWords(asked, io, within)).map((word) => ({ word }))];
}
