/**
 * `weft rules`: the firewall rules that a pod gets, as text; compared with those of a network namespace that is alive; or
 * written into one.
 */
import type { Command } from "commander";
import { formatArguments } from "../../core/redirect/arguments.ts";
import { restoreTexts } from "../../core/redirect/iptables.ts";
import { nftScript } from "../../core/redirect/nftables.ts";
import { oneLine, quoted } from "../../core/base/text/quote.ts";
import { shellWord } from "../../core/base/text/shell.ts";
import { CommandFailure, usageFailure } from "../io.ts";
import type { Io } from "../io.ts";
import { isGiven, textsOf, WordFlag } from "../options.ts";
import { podsArgument, podQuestions, withPodFlags } from "../manifests/pods.ts";
import { applied, compared } from "./live.ts";
import { rulesFor } from "./of-pod.ts";
import type { PodRules } from "./of-pod.ts";

const formats = ["nft", "iptables", "ip6tables", "args"] as const;
type Format = (typeof formats)[number];

export function register(command: Command, io: Io): void {
  withPodFlags(command.argument("[objects or files...]", podsArgument))
    .addOption(
      new WordFlag("--format <format>", `${formats.join(", ")} (default: what the pod's init mode uses)`, formats),
    )
    .option("--check", "compare with the rules of a network namespace; exit with 1 when they differ")
    .option("--apply", "write the rules into a network namespace, as root, and check them")
    .option("--netns <path>", "network namespace for --check and --apply, such as /proc/PID/ns/net (default: this one)")
    .action((inputs: readonly string[]) => rules(inputs, command, io));
}

async function rules(inputs: readonly string[], command: Command, io: Io): Promise<void> {
  const format = formatOf(command);
  const isLive = isGiven(command, "check") || isGiven(command, "apply");
  const netns = textsOf(command, "netns").at(-1);
  if (isGiven(command, "check") && isGiven(command, "apply"))
    throw usageFailure("--apply checks, too: give one of both");
  if (netns !== undefined && !isLive) throw usageFailure("--netns is for --check and --apply");
  if (isLive && format === "args") throw usageFailure("--format args is none of a firewall: it cannot be checked");
  const found = (await podQuestions(inputs, command, io)).questions.map(rulesFor);
  const pods = found.flatMap((each) => ("redirect" in each ? [each] : []));
  const notices = found.flatMap(({ notices }) => notices);
  if (pods.length === 0) throw new CommandFailure(notices);
  for (const notice of notices) io.stderr(`weft: ${notice}\n`);
  if (isLive) return live(pods, { format, netns, apply: isGiven(command, "apply") }, io);
  if (format === "args" && pods.some(({ redirect }) => redirect.skipDestinations.length > 0)) {
    io.stderr("weft: --outbound-subnets-to-ignore is weft's own: Linkerd's program refuses to start with it\n");
  }
  io.stdout(pods.map((pod) => textOf(pod, format)).join(format === "args" ? "" : "\n"));
}

function formatOf(command: Command): Format | undefined {
  const text = textsOf(command, "format").at(-1);
  const format = formats.find((each) => each === text);
  if (format !== undefined || text === undefined) return format;
  throw usageFailure(`--format: unsupported format ${quoted(text)}, expected one of ${formats.join(", ")}`);
}

/** Comment lines are understood by nft and by iptables-restore. */
function textOf({ name, redirect, run, firewall }: PodRules, format: Format | undefined): string {
  const texts = restoreTexts(redirect);
  const family = (text: string | undefined, title: string): string =>
    text === undefined
      ? `# ${name}: no ${title}, IPv6 is not redirected (disableIPv6)\n`
      : `# ${name}: ${title}\n${text}`;
  switch (format ?? firewall.kind) {
    case "nft":
      return `# ${name}: nft\n${nftScript(redirect)}`;
    case "args":
      return `${formatArguments({ redirect, run }).map(shellWord).join(" ")}\n`;
    case "ip6tables":
      return family(texts.v6, "ip6tables");
    case "iptables": {
      const v4 = family(texts.v4, "iptables");
      return format === "iptables" || texts.v6 === undefined ? v4 : `${v4}\n${family(texts.v6, "ip6tables")}`;
    }
  }
}

interface Live {
  readonly format: Format | undefined;
  readonly netns: string | undefined;
  readonly apply: boolean;
}

async function live(pods: readonly PodRules[], { format, netns, apply }: Live, io: Io): Promise<void> {
  const [pod] = pods;
  if (pod === undefined || pods.length > 1) {
    const names = pods.map(({ name }) => name).join(", ");
    throw usageFailure(`a network namespace has the rules of one pod, but here are ${pods.length}: ${names}`);
  }
  const { families, backend } = pod.firewall;
  const wanted = {
    redirect: pod.redirect,
    kind: format === undefined ? pod.firewall.kind : format === "nft" ? ("nft" as const) : ("iptables" as const),
    families: families.filter((each) => format !== (each === "v4" ? "ip6tables" : "iptables")),
    backend,
  };
  if (wanted.families.length === 0) throw usageFailure("--format ip6tables: IPv6 is not redirected (disableIPv6)");
  const place = { netns };
  const what = `${pod.name} (${wanted.kind === "nft" ? "nft" : `iptables-${backend}`})`;
  if (apply) {
    const problem = await applied(wanted, place);
    if (problem !== undefined) throw new CommandFailure([oneLine(problem)]);
  }
  const comparison = await compared(wanted, place);
  if ("problem" in comparison) throw new CommandFailure([oneLine(comparison.problem)]);
  for (const warning of comparison.warnings) io.stderr(`weft: ${oneLine(warning)}\n`);
  for (const line of comparison.differences) io.print(`${oneLine(line)}\n`);
  const count = comparison.differences.length;
  if (count > 0) throw new CommandFailure([`${count} ${count === 1 ? "difference" : "differences"} from ${what}`]);
  io.print(`the rules ${apply ? "are applied and " : ""}are those of ${what}\n`);
}
