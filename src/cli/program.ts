/** The command line: one table of commands, each loaded when it is asked for, so that a command starts fast. */
import { Command, CommanderError, Option } from "commander";
import { closest } from "../core/base/text/similar.ts";
import { commandLine, normalised, unknown } from "./arguments.ts";
import { StartFailure } from "../serve/start-failure.ts";
import type { CommandLine } from "./arguments.ts";
import { examplesText } from "./examples.ts";
import { helpLayout } from "./help.ts";
import { CommandFailure, usageFailure } from "./io.ts";
import type { Io } from "./io.ts";
import { isTopic } from "./where.ts";

/** What a command's module exports: declares its arguments and flags on `command`, and what they do. */
interface CommandModule {
  readonly register: (command: Command, io: Io) => void;
}

interface CommandRow {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<CommandModule>;
}

export const commands: readonly CommandRow[] = [
  {
    name: "inject",
    summary: "add the proxy to Kubernetes manifests, or ask the webhook to",
    load: () => import("./manifests/inject.ts"),
  },
  {
    name: "uninject",
    summary: "remove the proxy from Kubernetes manifests",
    load: () => import("./manifests/uninject.ts"),
  },
  {
    name: "webhook",
    summary: "serve the admission webhook",
    load: () => import("./webhook.ts"),
  },
  {
    name: "controller",
    summary: "serve the mesh's control plane: identity, destination, policy",
    load: () => import("./controller.ts"),
  },
  {
    name: "certificates",
    summary: "make and renew the certificates that the webhook serves, and keep them trusted",
    load: () => import("./certificates.ts"),
  },
  {
    name: "serve",
    summary: "serve the webhook, and with --all the control plane beside it",
    load: () => import("./serve.ts"),
  },
  {
    name: "install",
    summary: "print what to give to kubectl apply to install weft",
    load: () => import("./install/install.ts"),
  },
  {
    name: "upgrade",
    summary: "show what installing this version would change in the cluster",
    load: () => import("./install/upgrade.ts"),
  },
  {
    name: "uninstall",
    summary: "print what to give to kubectl delete to remove weft",
    load: () => import("./install/uninstall.ts"),
  },
  {
    name: "backfill",
    summary: "set weft's label on namespaces that were there before weft, or remove it",
    load: () => import("./backfill.ts"),
  },
  {
    name: "identity",
    summary: "make, show and change the CAs of a mesh with weft's own control plane",
    load: () => import("./identity/identity.ts"),
  },
  {
    name: "review",
    summary: "answer AdmissionReviews from standard input, as the webhook would",
    load: () => import("./review.ts"),
  },
  {
    name: "wrap",
    summary: "TLS around calls with linkerd 1.x, and the way out to Linkerd 2",
    load: () => import("./wrap/wrap.ts"),
  },
  {
    name: "explain",
    summary: "say why pods get the proxy or not, and where their settings come from",
    load: () => import("./manifests/explain.ts"),
  },
  {
    name: "lint",
    summary: "say what is wrong with manifests, for CI",
    load: () => import("./manifests/lint.ts"),
  },
  {
    name: "diff",
    summary: "show what the webhook would change in pods",
    load: () => import("./manifests/diff.ts"),
  },
  {
    name: "rules",
    summary: "print the firewall rules that pods get; check or apply them",
    load: () => import("./rules/rules.ts"),
  },
  {
    name: "check",
    summary: "check a cluster before weft is installed, or an installed weft",
    load: () => import("./check/check.ts"),
  },
  {
    name: "version",
    summary: "print the versions of this command and of the weft in the cluster",
    load: () => import("./version.ts"),
  },
  {
    name: "status",
    summary: "show the meshed pods of a cluster, and the pods that should be",
    load: () => import("./status/status.ts"),
  },
  {
    name: "restart",
    summary: "restart workloads whose pods should be meshed and are not",
    load: () => import("./status/restart.ts"),
  },
  {
    name: "edges",
    summary: "show who connects to whom, and whether mutual TLS secures it",
    load: () => import("./traffic/edges.ts"),
  },
  {
    name: "stat",
    summary: "show requests, latencies and connections of workloads",
    load: () => import("./traffic/stat.ts"),
  },
  {
    name: "debug",
    summary: "look at a running pod's packets: is it encrypted?",
    load: () => import("./debug/debug.ts"),
  },
  {
    name: "tap",
    summary: "show requests as they pass the proxies of pods",
    load: () => import("./tap/tap.ts"),
  },
  {
    name: "top",
    summary: "count the requests that pass the proxies of pods, in a table",
    load: () => import("./tap/top.ts"),
  },
  {
    name: "dashboard",
    summary: "show who connects to whom in a browser, as it changes",
    load: () => import("./dashboard/dashboard.ts"),
  },
  {
    name: "completion",
    summary: "print what a shell reads so that Tab completes weft's words",
    load: () => import("./completion/completion.ts"),
  },
  {
    name: "demo",
    summary: "show the webhook at work, without a cluster",
    load: () => import("./demo/demo.ts"),
  },
];

const helpName = "help";

/** Arguments without the program's name → exit code: 0, 1 for a failure, 2 for wrong arguments. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  try {
    return await runCommand(argv, io);
  } catch (error) {
    const failure = error instanceof StartFailure ? new CommandFailure(error.lines) : error;
    if (!(failure instanceof CommandFailure)) throw error;
    io.stderr(failure.lines.map((line) => `weft: ${line}\n`).join(""));
    return failure.exitCode;
  }
}

/** What shells, and kubectl for its plugins, ask: Cobra's name. */
const completeName = "__complete";

async function runCommand(argv: readonly string[], io: Io): Promise<number> {
  if (argv[0] === completeName) {
    const { complete } = await import("./completion/complete.ts");
    await complete(argv.slice(1), commands, io);
    return 0;
  }
  const program = new Command("weft");
  program
    .description("Sidecar injection for Kubernetes that speaks Linkerd's language")
    .version(io.version, "--version", "print weft's version")
    .helpOption("-h, --help", "print this help")
    .helpCommand(`${helpName} [topic]`, "print the help of a command, or a page; see help docs")
    .configureHelp(helpLayout)
    .exitOverride()
    .configureOutput({
      writeOut: io.print,
      writeErr: () => undefined,
      getOutHelpWidth: () => io.columns ?? 80,
    });
  const line = commandLine(argv);
  const commandNames = commands.map((row) => row.name);
  const topic = line.command === helpName ? wordOf(line.rest) : undefined;
  if (topic !== undefined && isTopic(topic, commandNames)) {
    const { printTopic } = await import("./topics.ts");
    await printTopic(topic, commandNames, io);
    return 0;
  }
  const { command: name, rest } = withoutHelp(line);
  for (const row of commands) {
    const command = program.command(row.name).description(row.summary).allowExcessArguments(false);
    if (row.name !== name) continue;
    (await row.load()).register(command, io);
    command.addHelpText("after", () => examplesText(row.name, io));
    for (const action of command.commands) action.addHelpText("after", () => examplesText(row.name, io, action.name()));
  }
  const names = [...commandNames, helpName];
  if (name !== undefined && !names.includes(name)) {
    throw usageFailure(unknown("command", name, closest(name, names)));
  }
  const command = program.commands.find((each) => each.name() === name);
  return parse(program, wordsFor(command ?? program, { name, rest }), io);
}

/** A command of several actions, each with flags of its own, has them as commands. */
function wordsFor(
  command: Command,
  { name, rest }: { readonly name: string | undefined; readonly rest: readonly string[] },
): readonly string[] {
  const before = name === undefined ? [] : [name];
  if (command.commands.length === 0 || command.parent === null)
    return [...before, ...normalised(rest, command, newOption)];
  const { command: action, rest: words } = commandLine(rest);
  const known = command.commands.find((each) => each.name() === action);
  if (known !== undefined) return [...before, known.name(), ...normalised(words, known, newOption)];
  const names = command.commands.map((each) => each.name());
  if (action !== undefined) throw usageFailure(unknown(`action of ${command.name()}`, action, closest(action, names)));
  return [...before, ...normalised(words, command, newOption)];
}

/** `help inject` is `inject --help`; help of help is that of weft. */
function withoutHelp(line: CommandLine): CommandLine {
  if (line.command !== helpName) return line;
  const command = wordOf(line.rest);
  return { command, rest: [...line.rest.filter((word) => word !== command), "--help"] };
}

const wordOf = (words: readonly string[]): string | undefined =>
  words.find((word) => word !== helpName && !word.startsWith("-"));

const newOption = (flags: string): Option => new Option(flags);

async function parse(program: Command, words: readonly string[], io: Io): Promise<number> {
  if (words.length === 0) {
    io.print(program.helpInformation());
    return 0;
  }
  try {
    await program.parseAsync(words, { from: "user" });
    return 0;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return 0;
    // One line, without commander's prefix; a hint in brackets stands on a line of its own there.
    throw usageFailure(error.message.replace(/^error: /, "").replaceAll(/\s*\n\s*/g, " "));
  }
}
