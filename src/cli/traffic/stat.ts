/** `weft stat`: requests, latencies and connections of workloads; with the columns of `linkerd viz stat`. */
import type { Command } from "commander";
import type { NamedResource } from "../../core/kubernetes/resource-words.ts";
import { rateFamilies } from "../../core/traffic/page.ts";
import { ofPod } from "../../core/traffic/pods.ts";
import type { End } from "../../core/traffic/pods.ts";
import { statOf } from "../../core/traffic/stat.ts";
import type { StatRow, StatSide } from "../../core/traffic/stat.ts";
import { statJson, statTable } from "../../core/traffic/stat-text.ts";
import { usageFailure } from "../io.ts";
import type { Io } from "../io.ts";
import { isGiven, outputOf, textsOf } from "../options.ts";
import { durationOf, formats, trafficOf, withTrafficFlags, workloadNamed } from "./flags.ts";

export function register(command: Command, io: Io): void {
  withTrafficFlags(command.argument("[resources...]", "kinds, such as deploy, or workloads, such as deploy/web"))
    .option("-t, --time-window <duration>", "how long to count", "10s")
    .option("--to <resource>", "what these workloads send to that one")
    .option("--from <resource>", "what that workload sends to these")
    .option("--unmeshed", "workloads without a proxy, too")
    .action(() => stat(command, io));
}

async function stat(command: Command, io: Io): Promise<void> {
  const format = outputOf(command, formats);
  const named = namedIn(command.args);
  const side = sideOf(command);
  const window = durationOf(command, "--time-window", "timeWindow", 5000, 600_000);
  const traffic = await trafficOf(command, io, { families: rateFamilies, window });
  const isOfPods = named.length > 0 && named.every(({ kind }) => kind.kind === "Pod");
  const { rows, leftOut } = statOf(traffic, side, isOfPods ? "pod" : "workload");
  const shown = rows.filter((row) => isWanted(row, named) && (row.meshed > 0 || isGiven(command, "unmeshed")));
  for (const { pod, why } of leftOut) io.stderr(`weft: ${pod.namespace}/${pod.name} is left out: ${why}\n`);
  if (format === "json") io.print(`${JSON.stringify(statJson(shown), undefined, 2)}\n`);
  else {
    if (shown.length === 0) io.stderr("No traffic found.\n");
    const look = { namespaces: isGiven(command, "allNamespaces"), wide: format === "wide", pods: isOfPods };
    io.print(statTable(shown, look));
  }
}

/** `deploy web db` is `deploy/web deploy/db`. */
function namedIn(words: readonly string[]): readonly NamedResource[] {
  const [first, ...names] = words;
  if (first === undefined) return [];
  const { kind, name } = workloadNamed(first);
  if (name !== undefined || names.length === 0 || names.some((word) => word.includes("/")))
    return words.map(workloadNamed);
  return names.map((each) => ({ kind, name: each }));
}

const isWanted = ({ end }: StatRow, named: readonly NamedResource[]): boolean =>
  named.length === 0 || named.some((each) => isNamed(end, each));

const isNamed = (end: End, { kind, name }: NamedResource): boolean =>
  end.kind === kind.kind.toLowerCase() && (name === undefined || end.name === name);

function sideOf(command: Command): StatSide {
  const [to, from] = [textsOf(command, "to").at(-1), textsOf(command, "from").at(-1)];
  if (to !== undefined && from !== undefined) throw usageFailure("--to and --from: one of them");
  if (to !== undefined) {
    const target = workloadNamed(to);
    return { kind: "to", isTarget: (end) => isNamed(end, target) };
  }
  if (from === undefined) return { kind: "inbound" };
  const caller = workloadNamed(from);
  return { kind: "from", isCaller: (pod) => isNamed(pod.owner, caller) || isNamed(ofPod(pod), caller) };
}
