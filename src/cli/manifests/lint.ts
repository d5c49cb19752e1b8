/** `weft lint`: what is wrong with manifests, before anybody applies them. Asks no cluster. */
import type { Command } from "commander";
import { lint } from "../../core/lint/lint.ts";
import type { Finding } from "../../core/lint/lint.ts";
import { isAtLeast, levels, rules } from "../../core/lint/rules.ts";
import { quoted } from "../../core/base/text/quote.ts";
import { folded } from "../../core/print/wrap.ts";
import { lintFormats, lintText } from "../../core/print/lint.ts";
import { withAnchors } from "../../serve/installation.ts";
import { CommandFailure, usageFailure } from "../io.ts";
import type { Io } from "../io.ts";
import { loadMesh } from "../objects/mesh.ts";
import { formatFlag, repeated, textsOf, withControlPlaneFlag, WordFlag } from "../options.ts";
import { inputsArgument, readAll } from "./inputs.ts";

/** With `never`: findings fail nothing. */
const failOnWords = [...levels, "never"] as const;

export function register(command: Command, io: Io): void {
  withControlPlaneFlag(
    command
      .argument("[inputs...]", inputsArgument)
      .option("-n, --namespace <name>", 'namespace of objects that do not say theirs (default "default")')
      .option("--settings <file>", "complete Linkerd Helm values, YAML or JSON (default: those of its chart)"),
  )
    .option(
      "-f, --values <file>",
      "Helm values, for weft install or Linkerd's chart; may be given several times",
      repeated,
    )
    .addOption(
      new WordFlag(
        "--fail-on <level>",
        `exit with 1 for findings of this level: ${failOnWords.join(", ")}`,
        failOnWords,
      ).default("warning"),
    )
    .addOption(formatFlag(lintFormats))
    .action((inputs: readonly string[]) => lintAll(inputs, command, io));
}

async function lintAll(names: readonly string[], command: Command, io: Io): Promise<void> {
  const values = textsOf(command, "values");
  if (names.length + values.length === 0)
    throw usageFailure("name the files or folders to look at, or - for standard input");
  const format = oneOf(command, "output", "--output", lintFormats, "text");
  const failOn = oneOf(command, "failOn", "--fail-on", failOnWords, "warning");
  const inputs = await readAll([...names, ...values], io, { isWanted: (path) => /\.(?:ya?ml|json)$/i.test(path) });
  const { installation } = await loadMesh(command, io, undefined);
  const namespace = textsOf(command, "namespace").at(-1) ?? "default";
  const found = lint(inputs, {
    installation: withAnchors(installation),
    namespace,
    isValues: (file) => values.includes(file),
  });
  // A folder has files for other programs, too.
  const findings = found.filter(({ rule, file }) => rule !== "no-object" || names.includes(file) || file === stdinName);
  const text = lintText(findings, format, { colours: io.colours.stdout, version: io.version });
  if (format === "text") io.print(folded(text, io.columns));
  else io.stdout(text);
  if (format === "text") io.stderr(`${summary(findings, inputs.length)}\n`);
  const fails = ({ rule }: Finding): boolean => failOn !== "never" && isAtLeast(rules[rule].level, failOn);
  if (findings.some(fails)) throw new CommandFailure([]);
}

const stdinName = "standard input";

function oneOf<Word extends string>(
  command: Command,
  option: string,
  flag: string,
  words: readonly Word[],
  defaultWord: Word,
): Word {
  const text = textsOf(command, option).at(-1) ?? defaultWord;
  const word = words.find((each) => each === text);
  if (word !== undefined) return word;
  throw usageFailure(`${flag}: ${quoted(text)} is not one of ${words.join(", ")}`);
}

function summary(findings: readonly Finding[], files: number): string {
  const counted = levels.flatMap((level) => {
    const count = findings.filter(({ rule }) => rules[rule].level === level).length;
    return count === 0 ? [] : [`${count} ${level}${count === 1 ? "" : "s"}`];
  });
  const where = `${files} ${files === 1 ? "file" : "files"}`;
  return counted.length === 0 ? `weft: ${where}, nothing to say` : `weft: ${where}, ${counted.join(", ")}`;
}
