/** docs/flags.md, made from the rows that the commands read. */
import { allFlag, bothFlags } from "../../src/serve/both-flags.ts";
import { certificatesFlags } from "../../src/serve/certificates/flags.ts";
import { controllerFlags } from "../../src/serve/controller/flags.ts";
import type { Flag } from "../../src/serve/flags.ts";
import { webhookFlags } from "../../src/serve/webhook/flags.ts";

/** Command → its flags. */
export const servingCommands = {
  webhook: webhookFlags,
  controller: controllerFlags,
  certificates: certificatesFlags,
  serve: bothFlags,
} as const satisfies Readonly<Record<string, readonly Flag[]>>;

/** The page as Markdown, not yet formatted. A flag that commands tell in different words has a row for each. */
export function flagsPage(): string {
  const all = Object.entries<readonly Flag[]>(servingCommands).flatMap(([command, flags]) =>
    flags.map((flag) => ({ command, flag })),
  );
  const rows = Map.groupBy(all, ({ flag: { name, defaultValue, help } }) => [name, defaultValue, help].join("\0"));
  const lines = [...rows.values()]
    .flatMap(([first, ...others]) => (first === undefined ? [] : [{ ...first, others }]))
    .toSorted((a, b) => (a.flag.name < b.flag.name ? -1 : a.flag.name > b.flag.name ? 1 : 0))
    .map(({ flag, command, others }) => lineOf(flag, [command, ...others.map((each) => each.command)]));
  return `${[...head, ...lines].join("\n")}\n`;
}

function lineOf(
  { name, value, environment, defaultValue, help, expects = "" }: Flag,
  commands: readonly string[],
): string {
  const cells = [
    `\`${name} ${value}\``,
    `\`${environment}\``,
    defaultValue === "" ? "" : `\`${defaultValue}\``,
    escaped(help),
    escaped(expects),
    commands.map((command) => `\`${command}\``).join(", "),
  ];
  return `| ${cells.join(" | ")} |`;
}

/** What stands in angle brackets would be HTML. */
const escaped = (text: string): string => text.replaceAll("<", "\\<").replaceAll("|", "\\|");

const head = [
  "# Flags of the commands that serve",
  "",
  "```sh",
  "weft webhook --settings values.yaml --trust-anchors ca.crt",
  "WEFT_SETTINGS=values.yaml weft webhook --trust-anchors ca.crt     # the same",
  "```",
  "",
  "A flag wins over its environment variable. The variable wins over the default. An empty value counts as none. Of a flag that may be given several times the variable has all values, separated by colons.",
  "",
  "A value that cannot be used ends the command with exit code 2, and each such value is named.",
  "",
  `\`weft serve\` also has \`${allFlag.name}\`: ${allFlag.help}. It takes the flags of both then. Without \`--trust-anchors\` the webhook takes the trust anchors of the settings there, and the control plane its own default.`,
  "",
  "Files are followed: what changed is used at once. In a pod a file follows its ConfigMap or Secret a minute or two later; those that `--settings-config-map`, `--trust-anchors-config-map` and `--issuer-secret` name are watched, and used [within a second](upgrade.md#when-settings-are-in-use). A broken file is told in the log, in `/readyz?verbose` and in [metrics](metrics.md), and the last good one stays in use.",
  "",
  "The flags of the other commands are told by `weft COMMAND --help`.",
  "",
  "<!-- Made from src/serve/**/*flags.ts by `make golden`. -->",
  "",
  "| flag | variable | default | meaning | value | commands |",
  "| --- | --- | --- | --- | --- | --- |",
];
