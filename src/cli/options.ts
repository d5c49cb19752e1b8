/** Flags that several commands share. */
import { Option } from "commander";
import type { Flag } from "../serve/flags.ts";
import type { Command } from "commander";
import { formats } from "../core/manifests/transform.ts";
import type { Format } from "../core/manifests/transform.ts";
import { dnsLabel } from "../core/base/scalars/dns-label.ts";
import { quoted } from "../core/base/text/quote.ts";
import { usageFailure } from "./io.ts";
import type { Io } from "./io.ts";

/** A flag whose value is one of some words: completion offers them. What was given is judged where it is read. */
export class WordFlag extends Option {
  readonly words: readonly string[];

  constructor(flags: string, description: string, words: readonly string[]) {
    super(flags, description);
    this.words = words;
  }
}

/** `--output`: what it is of, if not of everything; the first of the formats is the usual one. */
export const formatFlag = (names: readonly [string, ...string[]], of = ""): WordFlag =>
  new WordFlag("-o, --output <format>", `${of}${wordList(names)} (default "${names[0]}")`, names);

/** `a or b`, `a, b, c`. */
const wordList = (words: readonly string[]): string => words.join(words.length === 2 ? " or " : ", ");

/** `--linkerd-namespace`, which is `--control-plane-namespace` in weft's own words. */
export const withControlPlaneFlag = (command: Command): Command =>
  command
    .option(
      "-L, --linkerd-namespace <namespace>",
      'namespace of the control plane (default: as the settings say, else "linkerd"; $LINKERD_NAMESPACE)',
    )
    .addOption(new Option("--control-plane-namespace <namespace>").hideHelp());

export const withMeshFlags = (command: Command): Command =>
  withControlPlaneFlag(command).option("--verbose", "report checks that found nothing, too");

/** The mesh in files: `--values` of install and upgrade is an overlay, `--settings` is all of it. */
export const withMeshFiles = (
  command: Command,
  defaults: { readonly settings: string; readonly trustAnchors?: string },
): Command =>
  command
    .option(
      "--settings <file>",
      `complete Helm values, as ConfigMap linkerd-config has them, or that ConfigMap; --values of install is an overlay (default: ${defaults.settings})`,
    )
    .option(
      "--trust-anchors <file>",
      `certificates that the proxies trust, PEM, or the ConfigMap that has them${defaults.trustAnchors === undefined ? "" : ` (default: ${defaults.trustAnchors})`}`,
    );

export const chartsValues = "those of Linkerd's chart";
export const clustersValues = `those of the cluster that is named, else ${chartsValues}`;

/** Undefined: nobody says. */
export function givenControlPlaneNamespace(command: Command, { env }: Io): string | undefined {
  const given = [...textsOf(command, "controlPlaneNamespace"), ...textsOf(command, "linkerdNamespace")].at(-1);
  const name = given ?? (env["LINKERD_NAMESPACE"] || undefined);
  if (name === undefined) return undefined;
  if (dnsLabel.test(name)) return name;
  throw usageFailure(`--linkerd-namespace: ${quoted(name)} is not the name of a namespace`);
}

/** A flag that names a namespace, by its name in camel case too; undefined: not given. */
export function namespaceIn(command: Command, flag: string, name: string): string | undefined {
  const text = textsOf(command, name).at(-1);
  if (text === undefined || dnsLabel.test(text)) return text;
  throw usageFailure(`${flag}: ${quoted(text)} is not the name of a namespace`);
}

export const withOutput = (command: Command): Command => command.addOption(formatFlag(formats));

export const outputFormat = (command: Command): Format => outputOf(command, formats);

/** What `--output` says; the first of the formats where it was not given. */
export function outputOf<Name extends string>(command: Command, names: readonly [Name, ...Name[]]): Name {
  const text = textsOf(command, "output").at(-1) ?? names[0];
  const format = names.find((each) => each === text);
  if (format !== undefined) return format;
  throw usageFailure(`--output: unsupported format ${quoted(text)}, expected ${wordList(names)}`);
}

/** The texts of an option, by its name in camel case: none, one, or as many as were given. */
export function textsOf(command: Command, name: string): readonly string[] {
  const value: unknown = command.getOptionValue(name);
  if (Array.isArray(value)) return value.filter((text) => typeof text === "string");
  return typeof value === "string" || typeof value === "boolean" ? [String(value)] : [];
}

export const isGiven = (command: Command, name: string): boolean => command.getOptionValue(name) === true;

/** For an option that may be given several times. */
export const repeated = (text: string, earlier: readonly string[] | undefined): readonly string[] => [
  ...(earlier ?? []),
  text,
];

/** Declares flags of a command that serves. */
export function addFlags(command: Command, flags: readonly Flag[]): void {
  for (const flag of flags) {
    const defaultValue = flag.defaultValue === "" ? "" : ` (default "${flag.defaultValue}")`;
    const option = new Option(
      `${flag.name} <${flag.value.toLowerCase()}>`,
      `${flag.help}${defaultValue} [$${flag.environment}]`,
    );
    command.addOption("repeatable" in flag ? option.argParser(repeated) : option);
  }
}
